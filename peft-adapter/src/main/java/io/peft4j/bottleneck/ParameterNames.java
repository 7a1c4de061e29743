package io.peft4j.bottleneck;

import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SublayerSite;
import java.util.regex.Pattern;

/** What the names of parameters begin with: where AdapterHub's models hold the tensors of all adapters at a place. */
public final class ParameterNames {

    /** Sub-layers that are modules of their own, as in T5; elsewhere a layer holds its sub-layers. */
    private static final Pattern OWN_MODULE = Pattern.compile("(.*\\.)?block\\.\\d+\\.layer\\.\\d+");

    private ParameterNames() {}

    /** Returns what comes between the path of a sub-layer and the names of a bottleneck's tensors. */
    static String ofBottleneck(SublayerSite site) {
        return holder(site) + "adapters.";
    }

    /** Returns what comes between the path of a sub-layer and the names of the adapters that a fusion combines. */
    public static String ofFusion(SublayerSite site) {
        return holder(site) + "adapter_fusion_layer.";
    }

    private static String holder(SublayerSite site) {
        if (site.isPostNorm() || OWN_MODULE.matcher(site.path()).matches()) {
            return "";
        }
        return switch (site.kind()) {
            case ATTENTION -> "attention_adapters.";
            case CROSS_ATTENTION -> "cross_attention_adapters.";
            case FEED_FORWARD -> "output_adapters.";
        };
    }

    /** Returns what the names of tensors begin with that belong to the module that has the embeddings at a path. */
    static String ofEmbeddings(String path) {
        String holder = path.replaceFirst("(^|\\.)embeddings$", "");
        return holder.isEmpty() ? "" : holder + ".";
    }

    /** Returns what the names of the base model's own tensors begin with: {@code bert.}, or nothing without a head. */
    public static String root(BaseModel base) {
        String prefix = base.architecture().basePrefix() + ".";
        boolean prefixed =
                base.attachmentPoints().stream().map(AttachmentPoint::path).anyMatch(path -> path.startsWith(prefix));
        return prefixed ? prefix : "";
    }
}
