package io.peft4j.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which modules a method attaches to: the rules are Hugging Face PEFT's.
 *
 * <p>A list matches paths that equal an entry or end with a dot and the entry; a regular expression matches whole paths;
 * all linears are all but those of the head. Excluded modules and layers that are not chosen drop out.
 *
 * @param suffixes entries of the list; empty for the other two ways
 * @param regex the expression; empty for the other two ways
 * @param exclude entries of modules to leave out, matched as suffixes
 * @param excludeRegex expression for the whole paths of modules to leave out; empty if there is none
 * @param layers numbers of the layers to take, all if empty; they apply to the list only
 * @param layersPattern expressions for the modules that hold the layers, of which the first that matches tells the number;
 *     if empty, the first number of a path does
 */
public record TargetModules(
        List<String> suffixes,
        String regex,
        List<String> exclude,
        String excludeRegex,
        List<Integer> layers,
        List<String> layersPattern) {

    /** What {@code target_modules} says for all linears. */
    public static final String ALL_LINEAR = "all-linear";

    private static final Pattern LAYER = Pattern.compile("(?:^|\\.)[^.]+\\.(\\d+)\\.");

    public TargetModules {
        // Sets in files and in meaning: in one order, so that equal settings are equal.
        suffixes = suffixes.stream().distinct().sorted().toList();
        exclude = exclude.stream().distinct().sorted().toList();
        layers = layers.stream().distinct().sorted().toList();
        if (!regex.isEmpty() && !suffixes.isEmpty()) {
            throw new IllegalArgumentException(
                    "targets are a list or an expression, not both: %s and %s".formatted(suffixes, regex));
        }
        layersPattern = List.copyOf(layersPattern);
        if (!excludeRegex.isEmpty() && !exclude.isEmpty()) {
            throw new IllegalArgumentException("modules to leave out are a list or an expression, not both: %s and %s"
                    .formatted(exclude, excludeRegex));
        }
        checkExpression("target expression", regex);
        checkExpression("expression of modules to leave out", excludeRegex);
        layersPattern.forEach(pattern -> checkExpression("layers pattern", pattern));
        if (!layersPattern.isEmpty() && layers.isEmpty()) {
            throw new IllegalArgumentException("a layers pattern needs numbers of layers: " + layersPattern);
        }
        if (layers.stream().anyMatch(layer -> layer < 0)) {
            throw new IllegalArgumentException("layers are counted from 0: " + layers);
        }
    }

    /** Returns the modules that equal an entry or end with a dot and the entry. */
    public static TargetModules of(List<String> suffixes) {
        if (suffixes.isEmpty()) {
            throw new IllegalArgumentException("target modules must name at least one module");
        }
        return new TargetModules(suffixes, "", List.of(), "", List.of(), List.of());
    }

    /** Returns the modules whose whole path matches a regular expression. */
    public static TargetModules matching(String regex) {
        return new TargetModules(List.of(), regex, List.of(), "", List.of(), List.of());
    }

    /** Returns all linears but those of the head. */
    public static TargetModules allLinear() {
        return new TargetModules(List.of(), "", List.of(), "", List.of(), List.of());
    }

    /** Returns these modules without some. */
    public TargetModules excluding(List<String> modules) {
        return new TargetModules(suffixes, regex, modules, "", layers, layersPattern);
    }

    /** Returns these modules without those whose whole path matches a regular expression. */
    public TargetModules excludingMatches(String expression) {
        return new TargetModules(suffixes, regex, List.of(), expression, layers, layersPattern);
    }

    /** Returns those of these modules that are in the given layers. */
    public TargetModules inLayers(List<Integer> numbers) {
        return inLayers(numbers, List.of());
    }

    /** Returns those of these modules that are in the given layers of the modules that a pattern matches. */
    public TargetModules inLayers(List<Integer> numbers, List<String> patterns) {
        return new TargetModules(suffixes, regex, exclude, excludeRegex, numbers, patterns);
    }

    /** Returns whether this means all linears. */
    public boolean isAllLinear() {
        return suffixes.isEmpty() && regex.isEmpty();
    }

    /**
     * Returns the places that match, in the order of the model.
     *
     * @throws NoMatchingModuleException if an entry, the expression or a layer matches nothing
     */
    public List<AttachmentPoint> resolve(List<AttachmentPoint> points) {
        List<AttachmentPoint> open =
                points.stream().filter(point -> !isExcluded(point.path())).toList();
        List<String> unmatched = new ArrayList<>();
        for (String suffix : suffixes) {
            if (open.stream().noneMatch(point -> endsWith(point.path(), suffix))) {
                unmatched.add(suffix);
            }
        }
        List<AttachmentPoint> matched = open.stream().filter(this::matches).toList();
        if (!unmatched.isEmpty() || matched.isEmpty()) {
            throw NoMatchingModuleException.of(unmatched.isEmpty() ? List.of(toString()) : unmatched, open);
        }
        return matched;
    }

    /** Returns whether a path equals an entry or ends with a dot and the entry. */
    public static boolean endsWith(String path, String entry) {
        return path.equals(entry) || path.endsWith("." + entry);
    }

    private boolean matches(AttachmentPoint point) {
        if (isAllLinear()) {
            return point.kind() == AttachmentPoint.Kind.LINEAR && !point.head();
        }
        if (!regex.isEmpty()) {
            return Pattern.matches(java(regex), point.path());
        }
        return suffixes.contains(point.path())
                || (suffixes.stream().anyMatch(suffix -> endsWith(point.path(), suffix)) && isInLayers(point.path()));
    }

    private boolean isInLayers(String path) {
        OptionalInt layer = layersPattern.isEmpty() ? layerOf(path) : patternLayerOf(path);
        return layers.isEmpty() || (layer.isPresent() && layers.contains(layer.getAsInt()));
    }

    /** Returns the number of the layer that a path is in: the first number between dots. */
    public static OptionalInt layerOf(String path) {
        Matcher matcher = LAYER.matcher(path);
        return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
    }

    private OptionalInt patternLayerOf(String path) {
        for (String pattern : layersPattern) {
            Matcher matcher = Pattern.compile("(?:^|.*?\\.)%s\\.(?<idx>\\d+)\\.".formatted(java(pattern)))
                    .matcher(path);
            if (matcher.lookingAt()) {
                String number = matcher.group("idx");
                return number == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(number));
            }
        }
        return OptionalInt.empty();
    }

    private boolean isExcluded(String path) {
        if (!excludeRegex.isEmpty()) {
            return Pattern.matches(java(excludeRegex), path);
        }
        Predicate<String> hits = entry -> endsWith(path, entry);
        return exclude.stream().anyMatch(hits);
    }

    private static void checkExpression(String what, String expression) {
        try {
            Pattern.compile(java(expression));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("%s %s: %s".formatted(what, expression, e.getDescription()), e);
        }
    }

    /** Python writes named groups as {@code (?P<name>…)}. */
    private static String java(String python) {
        return python.replace("(?P<", "(?<");
    }

    @Override
    public String toString() {
        String what = isAllLinear() ? ALL_LINEAR : regex.isEmpty() ? suffixes.toString() : regex;
        return what
                + (exclude.isEmpty() ? "" : " without " + exclude)
                + (excludeRegex.isEmpty() ? "" : " without " + excludeRegex)
                + (layers.isEmpty()
                        ? ""
                        : " in layers "
                                + layers.stream()
                                        .sorted(Comparator.naturalOrder())
                                        .toList())
                + (layersPattern.isEmpty() ? "" : " of " + layersPattern);
    }
}
