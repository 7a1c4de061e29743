package io.peft4j.lora;

import io.peft4j.model.AttachmentPoint;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says where low-rank updates are known to do less than elsewhere; they are allowed all the same.
 *
 * <p>Whoever has read it once turns the logger of this class off, or sets {@code -Dpeft4j.lora.warnings=false}.
 */
final class LoraWarnings {

    private static final Logger logger = LoggerFactory.getLogger(LoraWarnings.class);

    /** From so many adapted convolutions on a network counts as deep. */
    private static final int DEEP = 8;

    private LoraWarnings() {}

    static void ofLayers(List<BlockLayer> layers) {
        long convolutions = layers.stream()
                .filter(layer -> layer.kind() == BlockLayer.Kind.CONVOLUTION)
                .count();
        if (convolutions >= DEEP) {
            warn(
                    "LoRA on {} convolutions: their kernels are small and their updates seldom of low rank, so that deep"
                            + " convolutional networks gain less than Transformers",
                    convolutions);
        }
        embeddings(layers.stream()
                .filter(layer -> layer.kind() == BlockLayer.Kind.EMBEDDING)
                .map(BlockLayer::path)
                .toList());
        experts(layers.stream().map(BlockLayer::path).toList());
    }

    static void ofPoints(Collection<AttachmentPoint> points) {
        embeddings(points.stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.EMBEDDING)
                .map(AttachmentPoint::path)
                .toList());
        experts(points.stream().map(AttachmentPoint::path).toList());
    }

    /** Says which ranks are larger than any change of their layers can have. */
    static void ofRanks(List<String> excess) {
        if (!excess.isEmpty()) {
            warn("{}; they are kept, though a rank of min(in, out) computes as much", String.join("; ", excess));
        }
    }

    private static void embeddings(List<String> paths) {
        if (!paths.isEmpty()) {
            warn(
                    "LoRA on embeddings {}: a batch moves the rows of its own tokens only, and one update of low rank is shared"
                            + " by all rows; new tokens are better trained as a whole",
                    paths);
        }
    }

    private static void experts(List<String> paths) {
        List<String> routed = paths.stream()
                .filter(path -> path.toLowerCase(Locale.ROOT).matches(".*(expert|router).*"))
                .toList();
        if (!routed.isEmpty()) {
            warn(
                    "LoRA on {} of a network that chooses its layers by input: an expert trains on the inputs that reach it"
                            + " only, and an adapted router may choose others than it was trained with",
                    routed);
        }
    }

    private static void warn(String message, Object argument) {
        if (!"false".equals(System.getProperty("peft4j.lora.warnings"))) {
            logger.warn(message, argument);
        }
    }
}
