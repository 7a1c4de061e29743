package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.Initializer;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * LLaMA-Adapter: learned rows that queries attend to apart from the text, through a gate that starts closed.
 *
 * <pre>
 * y + g·softmax(q·(W_k·p)ᵀ/√Hd)·(W_v·p)        in the highest layers, before attention's output layer
 * </pre>
 *
 * <ul>
 *   <li>p: [P, D], g: [1], q: [T, H, Hd], y: [T, H·Hd] of a text, for each head
 * </ul>
 *
 * @param length P
 * @param places the attentions that have a prompt
 */
record AdaptionPrompt(int length, List<String> places) implements Adaptation {

    AdaptionPrompt {
        places = List.copyOf(places);
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        if (!places.contains(site.path())) {
            return y;
        }
        Tensor p = site.parameter("adaption_prompt", Initializer.normal(1), 1, length, site.width());
        Tensor g = site.parameter("adaption_gate", Initializer.zeros(), 1);
        return y.add(site.attendTo(p.reshape(p.dim(1), p.dim(2))).multiply(g));
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
