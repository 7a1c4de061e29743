package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Network;
import io.peft4j.model.ParameterSpec;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A delta of one base model: the settings of a method, what it changes, and its parameters.
 *
 * <p>The parameters lie in one flat FLOAT32 buffer, apart from those that are stored but not trained. An adapter is safe
 * to use from any number of threads as long as nobody trains it. Close it when nobody needs it any more.
 */
public final class Adapter implements AutoCloseable {

    /** What an adapter is called unless told otherwise, as in Hugging Face PEFT. */
    public static final String DEFAULT_NAME = "default";

    private static final int SHORTEST_TEXT = 3;

    private final String name;
    private final PeftConfig config;
    private final Task task;
    private final List<String> trainedModules;
    private final Adaptation adaptation;
    private final Set<Place> places;
    private final ParameterBuffer trainable;
    private final ParameterBuffer frozen;
    private final ParameterBuffer derived;
    private final NDManager manager;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile Origin origin;

    private Adapter(
            String name,
            PeftConfig config,
            Task task,
            List<String> trainedModules,
            Adaptation adaptation,
            Set<Place> places,
            Network network,
            Origin origin,
            NDManager manager) {
        this.name = name;
        this.origin = origin;
        this.config = config;
        this.task = task;
        this.trainedModules = trainedModules;
        this.adaptation = adaptation;
        this.places = places;
        this.trainable = ParameterBuffer.of(manager, select(network, ParameterSpec.Role.TRAINED));
        this.frozen = ParameterBuffer.of(manager, select(network, ParameterSpec.Role.FROZEN));
        this.derived = ParameterBuffer.of(manager, select(network, ParameterSpec.Role.DERIVED));
        this.manager = manager;
    }

    /**
     * Makes an adapter with fresh parameters.
     *
     * <p>For classification the head is trained as a whole beside the method's own parameters, as in Hugging Face PEFT.
     *
     * @param seed decides the starting values; equal seeds give equal ones
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    public static Adapter create(BaseModel base, PeftConfig config, long seed) {
        return create(base, DEFAULT_NAME, config, seed);
    }

    /**
     * Checks that {@link #create} can make an adapter, without making one.
     *
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    public static void check(BaseModel base, PeftConfig config) {
        checkRoom(PeftMethods.of(config).attach(config, base).virtualTokens(), base);
    }

    /**
     * Makes an adapter with a name, which composed selections print, and fresh parameters.
     *
     * @param seed decides the starting values; equal seeds give equal ones
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    public static Adapter create(BaseModel base, String name, PeftConfig config, long seed) {
        return create(base, name, config, modulesToSave(config, base), seed);
    }

    /**
     * Makes an adapter that leaves the head to the base model, with fresh parameters.
     *
     * @param seed decides the starting values; equal seeds give equal ones
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    public static Adapter createWithoutHead(BaseModel base, PeftConfig config, long seed) {
        return createWithoutHead(base, DEFAULT_NAME, config, seed);
    }

    /** Makes an adapter with a name that leaves the head to the base model, with fresh parameters. */
    public static Adapter createWithoutHead(BaseModel base, String name, PeftConfig config, long seed) {
        return create(base, name, config, config.modulesToSave(), seed);
    }

    /**
     * Makes an adapter that is filled with what is there already, in files or as the result of others: what only a new one is
     * refused for, such as a rank that no update can have, is told in a warning.
     *
     * @param trainedModules what it has trained copies of; see {@link #modulesToSave}
     */
    public static Adapter restore(BaseModel base, String name, PeftConfig config, List<String> trainedModules) {
        return create(base, name, config, PeftMethods.of(config).reattach(config, base), trainedModules, 0);
    }

    private static Adapter create(BaseModel base, String name, PeftConfig config, List<String> modules, long seed) {
        return create(base, name, config, PeftMethods.of(config).attach(config, base), modules, seed);
    }

    private static Adapter create(
            BaseModel base, String name, PeftConfig config, Adaptation method, List<String> modules, long seed) {
        checkRoom(method.virtualTokens(), base);
        Adaptation adaptation = modules.isEmpty() ? method : new TrainedCopies(method, modules);
        Probe probe = new Probe(adaptation);
        Network network = base.record(RecordingOptions.inference(probe, base.dtype(), true), (recorder, task) -> {});
        NDManager manager = base.newManager();
        try {
            Origin origin = new Origin(base.name(), null);
            Adapter adapter = new Adapter(
                    name, config, base.task(), modules, adaptation, probe.places(), network, origin, manager);
            for (ParameterSpec parameter : network.parameters()) {
                Random random = new Random(31 * seed + parameter.name().hashCode());
                parameter.initializer().initialize(adapter.parameter(parameter.name()), random, base.weights());
            }
            return adapter;
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** A text has a mark at both ends and one token between, so learned tokens must leave three positions. */
    private static void checkRoom(VirtualTokens learned, BaseModel base) {
        int room = base.architecture().maxLength() - SHORTEST_TEXT;
        if (learned.positions() > room) {
            throw new IllegalArgumentException(
                    "%d virtual tokens leave no room for text: %s has %d positions; use at most %d"
                            .formatted(
                                    learned.positions(),
                                    base.name(),
                                    base.architecture().maxLength(),
                                    room));
        }
    }

    /** Returns the modules that are trained as a whole: those of the settings, and a head that classifies or is new. */
    public static List<String> modulesToSave(PeftConfig config, BaseModel base) {
        Set<String> modules = new LinkedHashSet<>(config.modulesToSave());
        TaskType type = base.task().type();
        if (type == TaskType.SEQ_CLS || type == TaskType.TOKEN_CLS || base.hasNewHead()) {
            modules.addAll(base.architecture().headModules(base.task()));
        }
        return List.copyOf(modules);
    }

    /** Returns what it is called. */
    public String name() {
        return name;
    }

    /** Returns what its files call the base model. */
    public Origin origin() {
        return origin;
    }

    /** Says what its files call the base model, which is the name of the model that it was made for unless told so. */
    public Adapter from(Origin value) {
        origin = value;
        return this;
    }

    /**
     * Returns an adapter of the same name and task with other settings; parameters of the same names and shapes have the
     * same values. The caller closes it.
     */
    public Adapter with(BaseModel base, PeftConfig other) {
        Adapter changed = restore(base, name, other, trainedModules).from(origin);
        for (ParameterBuffer buffer : List.of(changed.trainable, changed.frozen)) {
            buffer.slices().forEach((parameter, slice) -> {
                if (has(parameter)
                        && parameter(parameter)
                                .getShape()
                                .equals(buffer.get(parameter).getShape())) {
                    NativeTensors.copy(buffer.get(parameter), parameter(parameter));
                }
            });
        }
        return changed;
    }

    /** Returns where it changes something. */
    public Set<Place> places() {
        return places;
    }

    /** Returns the settings it was made with. */
    public PeftConfig config() {
        return config;
    }

    /** Returns the task whose head it carries. */
    public Task task() {
        return task;
    }

    /** Returns the modules that it has trained copies of. */
    public List<String> trainedModules() {
        return trainedModules;
    }

    /** Returns what it changes in the model. */
    public Adaptation adaptation() {
        return adaptation;
    }

    /** Returns the parameters that training moves. */
    public ParameterBuffer trainable() {
        checkOpen();
        return trainable;
    }

    /** Returns the parameters that are stored but not trained. */
    public ParameterBuffer frozen() {
        checkOpen();
        return frozen;
    }

    /** Returns whether its method has parameters at a module; copies of whole modules are none of them. */
    boolean changes(String module) {
        return !TrainedCopies.covers(trainedModules, module)
                && trainable().names().stream().anyMatch(name -> name.startsWith(module + "."));
    }

    /** Returns whether it has a parameter of a name. */
    boolean has(String parameter) {
        return trainable().names().contains(parameter) || frozen.names().contains(parameter);
    }

    /** Returns a parameter by name, a view of its buffer. */
    public NDArray parameter(String name) {
        if (trainable().names().contains(name)) {
            return trainable.get(name);
        }
        return derived.names().contains(name) ? derived.get(name) : frozen.get(name);
    }

    /**
     * Returns an adapter that computes the same without an encoder of prompts or prefixes: their result is its parameter.
     *
     * <p>This is what files of Hugging Face PEFT hold, and what serves fastest. The caller closes it.
     */
    public Adapter folded(BaseModel base) {
        return Folding.of(this, base);
    }

    /** Frees the parameters. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            manager.close();
        }
    }

    @Override
    public String toString() {
        return name;
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new IllegalStateException("the adapter is closed: " + config);
        }
    }

    private static List<ParameterSpec> select(Network network, ParameterSpec.Role role) {
        List<ParameterSpec> selected = new ArrayList<>();
        for (ParameterSpec parameter : network.parameters()) {
            if (parameter.role() == role) {
                selected.add(parameter);
            }
        }
        return selected;
    }
}
