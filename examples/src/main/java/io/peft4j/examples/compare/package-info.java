/** The main job: one base model, one task, several methods, one table. */
@NullMarked
package io.peft4j.examples.compare;

import org.jspecify.annotations.NullMarked;
