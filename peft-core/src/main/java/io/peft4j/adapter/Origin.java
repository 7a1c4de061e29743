package io.peft4j.adapter;

import org.jspecify.annotations.Nullable;

/**
 * The base model of an adapter as its files call it, wherever this process found the weights.
 *
 * @param baseModel a folder or the name of a repository
 * @param revision the state of the repository, if files say it
 */
public record Origin(String baseModel, @Nullable String revision) {}
