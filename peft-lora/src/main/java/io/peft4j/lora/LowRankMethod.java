package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/**
 * A method whose updates have a rank: a new adapter whose rank exceeds a layer is refused, one that is there already is told of.
 *
 * @param <C> its settings
 */
abstract class LowRankMethod<C extends PeftConfig> implements PeftMethod<C> {

    @Override
    public final Adaptation attach(C config, BaseModel base) {
        return attach(config, base, ExcessRank.REFUSED);
    }

    @Override
    public final Adaptation reattach(C config, BaseModel base) {
        return attach(config, base, ExcessRank.TOLD);
    }

    abstract Adaptation attach(C config, BaseModel base, ExcessRank excess);
}
