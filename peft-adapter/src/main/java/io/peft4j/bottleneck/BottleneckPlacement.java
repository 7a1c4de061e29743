package io.peft4j.bottleneck;

import io.peft4j.model.SublayerSite;

/**
 * After which sub-layers there are bottlenecks.
 *
 * @param attention after self-attention
 * @param feedForward after the feed-forward part
 * @param crossAttention after cross-attention, where there is one
 * @param leaveOut layers without any
 */
public record BottleneckPlacement(boolean attention, boolean feedForward, boolean crossAttention, LeaveOut leaveOut) {

    public BottleneckPlacement {
        if (!attention && !feedForward && !crossAttention) {
            throw new IllegalArgumentException("bottlenecks need a place: attention, feed-forward or cross-attention");
        }
    }

    /** Returns the same but for the layers left out. */
    public BottleneckPlacement leavingOut(LeaveOut layers) {
        return new BottleneckPlacement(attention, feedForward, crossAttention, layers);
    }

    /** Returns whether there are bottlenecks at a place. */
    public boolean has(SublayerSite site) {
        return !leaveOut.contains(site.layer())
                && switch (site.kind()) {
                    case ATTENTION -> attention;
                    case CROSS_ATTENTION -> crossAttention;
                    case FEED_FORWARD -> feedForward;
                };
    }
}
