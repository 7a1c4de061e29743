package io.peft4j.adapterhub;

import io.peft4j.bottleneck.ParameterNames;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How AdapterHub's files call the tensors of an adapter.
 *
 * <p>A parameter here is called as there, but for the adapter's name, which in files follows what holds the tensors of all
 * adapters at a place: {@code ….adapters.<name>.adapter_up.weight}.
 */
final class HubNames {

    private static final String HOLDERS =
            "adapters|invertible_adapters|loras|prefix_tunings|prefix_gates|prompt_tunings|shared_parameters";

    private static final Pattern HOLDER = Pattern.compile("(^|\\.)(%s)\\.".formatted(HOLDERS));

    /** A holder, and the name of an adapter or a fusion up to its first dot. */
    private static final Pattern OWNED =
            Pattern.compile("(?:^|\\.)(?:adapter_fusion_layer|%s)\\.([^.]+)\\.".formatted(HOLDERS));

    /** What versions 1.x called holders. */
    private static final Map<String, String> LEGACY = Map.of(
            "attention_text_task_adapters", "adapters",
            "attention_text_lang_adapters", "adapters",
            "layer_text_task_adapters", "adapters",
            "layer_text_lang_adapters", "adapters",
            "invertible_lang_adapters", "invertible_adapters");

    /** Where each attention has the prefixes of all of them. */
    static final String PREFIX_POOL = ".prefix_tuning.pool.";

    private static final Set<AttachmentPoint.Kind> ATTENTIONS = Set.of(
            AttachmentPoint.Kind.KEYS_AND_VALUES,
            AttachmentPoint.Kind.SOURCE_KEYS_AND_VALUES,
            AttachmentPoint.Kind.CROSS_KEYS_AND_VALUES);

    private HubNames() {}

    /** Returns whether a tensor of a fusion belongs to an attention. */
    static boolean isAfterAttention(String file) {
        return file.matches(".*(attention\\.output|attention_adapters|layer\\.0)\\.adapter_fusion_layer\\..*");
    }

    /** Returns the names of the adapters, or of their fusions, that tensors of a file belong to, up to their first dots. */
    static SortedSet<String> adapters(Collection<String> files) {
        SortedSet<String> adapters = new TreeSet<>();
        for (String file : files) {
            Matcher owned = OWNED.matcher(current(file));
            if (owned.find()) {
                adapters.add(owned.group(1));
            }
        }
        return adapters;
    }

    /** Returns the name in a file of a parameter. */
    static String file(String parameter, String adapter) {
        String name = Matcher.quoteReplacement(adapter);
        return HOLDER.matcher(parameter).replaceFirst("$1$2." + name + ".");
    }

    /** Returns other names under which files hold the same tensor: AdapterHub's modules share some. */
    static List<String> copies(String file, BaseModel base) {
        if (file.contains(".adapter_norm_before.")) {
            return List.of(file.replace(".adapter_norm_before.", ".adapter_down.0."));
        }
        int pool = file.indexOf(PREFIX_POOL);
        if (pool < 0) {
            return List.of();
        }
        String rest = file.substring(pool + PREFIX_POOL.length());
        Stream<String> layers = base.attachmentPoints().stream()
                .filter(point -> ATTENTIONS.contains(point.kind()))
                .map(point -> point.path() + PREFIX_POOL + rest);
        return Stream.concat(layers, Stream.of(ParameterNames.root(base) + "prefix_tuning." + rest))
                .filter(name -> !name.equals(file))
                .toList();
    }

    /** Returns the name that a tensor of a file has today. */
    static String current(String file) {
        String current = file;
        for (Map.Entry<String, String> rename : LEGACY.entrySet()) {
            current = current.replace(rename.getKey() + ".", rename.getValue() + ".");
        }
        return current;
    }

    /** Returns the name with the base model's prefix as the model has it, whatever the file has. */
    static String rooted(String file, String prefix, String root) {
        String bare = file.startsWith(prefix) ? file.substring(prefix.length()) : file;
        return root + bare;
    }

    /** Returns whether a parameter is a trained copy of a weight of the base model, such as a head's. */
    static Optional<String> headTensor(String parameter, BaseModel base) {
        return base.weights().names().contains(parameter) ? Optional.of(parameter) : Optional.empty();
    }
}
