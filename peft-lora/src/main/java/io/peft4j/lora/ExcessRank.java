package io.peft4j.lora;

import io.peft4j.model.AttachmentPoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToIntFunction;

/** What becomes of a rank that is larger than that of any change of its layer. */
enum ExcessRank {
    /** It is wrong in a new adapter, which would compute the same with a smaller one. */
    REFUSED {
        @Override
        LowRankTargets.Check check(ToIntFunction<String> rank) {
            return (point, problems) -> note(rank, point, problems);
        }

        @Override
        void tell(ToIntFunction<String> rank, Collection<AttachmentPoint> points) {}
    },
    /** It is told where an adapter has it already: Hugging Face PEFT makes such files. */
    TOLD {
        @Override
        LowRankTargets.Check check(ToIntFunction<String> rank) {
            return LowRankTargets.ANY;
        }

        @Override
        void tell(ToIntFunction<String> rank, Collection<AttachmentPoint> points) {
            List<String> excess = new ArrayList<>();
            points.forEach(point -> note(rank, point, excess));
            LoraWarnings.ofRanks(excess);
        }
    };

    /** Returns the check while places are found. */
    abstract LowRankTargets.Check check(ToIntFunction<String> rank);

    /** Says afterwards what was not checked, all in one warning. */
    abstract void tell(ToIntFunction<String> rank, Collection<AttachmentPoint> points);

    private static void note(ToIntFunction<String> rank, AttachmentPoint point, List<String> excess) {
        long largest = Math.min(point.in(), point.out());
        if (rank.applyAsInt(point.path()) > largest) {
            excess.add("rank %d exceeds min(in, out) = %d at %s"
                    .formatted(rank.applyAsInt(point.path()), largest, point.path()));
        }
    }
}
