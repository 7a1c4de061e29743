package io.peft4j.bottleneck;

import java.util.List;

/**
 * After which sub-layers there are bottlenecks.
 *
 * @param attention after self-attention
 * @param feedForward after the feed-forward part
 * @param crossAttention after cross-attention, where there is one
 * @param leaveOut numbers of layers without any
 */
public record BottleneckPlacement(
        boolean attention, boolean feedForward, boolean crossAttention, List<Integer> leaveOut) {

    public BottleneckPlacement {
        leaveOut = List.copyOf(leaveOut);
        if (!attention && !feedForward && !crossAttention) {
            throw new IllegalArgumentException("bottlenecks need a place: attention, feed-forward or cross-attention");
        }
        if (leaveOut.stream().anyMatch(layer -> layer < 0)) {
            throw new IllegalArgumentException("layers are counted from 0: " + leaveOut);
        }
    }
}
