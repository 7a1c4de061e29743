package io.peft4j.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.AddedLatency;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.LatencyAccount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is accounted for, and how it adds up; no test of time. */
class LatencyAccountTest {

    private static final Path CASE = Goldens.folder("adapterhub/bert/fusion");
    private static final int[] IDS = {5, 6, 7};

    private BaseModel base;
    private Adapter a;
    private Adapter b;
    private Adapter fusion;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(CASE.resolveSibling("base")).load();
        a = AdapterFolder.open(CASE.resolve("a")).load(base);
        b = AdapterFolder.open(CASE.resolve("b")).load(base);
        fusion = AdapterFolder.open(CASE.resolve("fusion")).load(base);
    }

    @AfterEach
    void close() {
        List.of(a, b, fusion).forEach(Adapter::close);
        base.close();
    }

    private LatencyAccount account(int rows) {
        Example text = Example.of(IDS, new int[IDS.length], 0);
        return new LatencyAccount(base, List.of(new Batch(Collections.nCopies(rows, text), 0)));
    }

    @Test
    void perAdapter_stack_isEachAloneAndTheWholeBesideOneBase() {
        Selection stack = Selection.stack(a, b);

        List<AddedLatency> account = account(1).perAdapter(stack);

        assertThat(account)
                .extracting(AddedLatency::selection)
                .containsExactly(Selection.of(a), Selection.of(b), stack);
        assertThat(account)
                .extracting(AddedLatency::base)
                .containsOnly(account.get(0).base());
        assertThat(account).allMatch(added -> added.base() > 0 && added.milliseconds() > 0);
    }

    @Test
    void perAdapter_one_isCountedOnce() {
        assertThat(account(1).perAdapter(Selection.of(a)))
                .extracting(AddedLatency::selection)
                .containsExactly(Selection.of(a));
    }

    @Test
    void perAdapter_fusion_isNothingAlone() {
        Selection fused = Selection.fuse(fusion, a, b);

        assertThat(account(1).perAdapter(fused))
                .extracting(AddedLatency::selection)
                .containsExactly(Selection.of(a), Selection.of(b), fused);
    }

    @Test
    void of_selectionsOfSeveralRowsAndResults_areAnswered() {
        List<Selection> selections = List.of(
                Selection.perRow(Selection.of(a), Selection.none()), Selection.parallel(a, b), Selection.none());

        assertThat(account(2).of(selections))
                .extracting(AddedLatency::selection)
                .isEqualTo(selections);
    }

    @Test
    void added_latencies_areTheDifferenceAndItsShare() {
        AddedLatency latency = new AddedLatency(Selection.of(a), 5, 4);

        assertThat(latency.added()).isEqualTo(1, within(1e-12));
        assertThat(latency.share()).isEqualTo(0.25, within(1e-12));
        assertThat(latency).hasToString("a: 5.00 ms, +1.00 ms (+25.0 %)");
    }

    @Test
    void new_noRequest_isRefused() {
        assertThatThrownBy(() -> new LatencyAccount(base, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("latency needs at least one request to measure");
    }
}
