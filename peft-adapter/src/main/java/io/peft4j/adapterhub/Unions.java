package io.peft4j.adapterhub;

import io.peft4j.adapter.Mixture;
import io.peft4j.adapterhub.HubPrefixConfig.Encoder;
import io.peft4j.adapterhub.HubPrefixConfig.Gate;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.bottleneck.NonLinearity;

/** Mixtures of papers, with the settings that AdapterHub gives them. */
public final class Unions {

    private Unions() {}

    /** Returns MAM (He et al. 2022): prefixes and a bottleneck beside each feed-forward part. */
    public static Mixture mam() {
        return Mixture.of(
                HubPrefixConfig.of(HubPrefixConfig.DEFAULT_LENGTH).encoder(new Encoder(false, 800, NonLinearity.TANH)),
                BottleneckConfig.parallel());
    }

    /** Returns UniPELT (Mao et al. 2022): prefixes, bottlenecks after the feed-forward part and LoRA, each with a gate. */
    public static Mixture uniPelt() {
        return Mixture.of(
                HubPrefixConfig.of(10).gate(Gate.SHARED),
                BottleneckConfig.pfeiffer().toBuilder().gating(true).build(),
                HubLoraConfig.lora(8, 2).gated());
    }
}
