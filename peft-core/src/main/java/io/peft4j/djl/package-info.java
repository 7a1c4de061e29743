/** Models of this library as DJL has them: blocks for its {@code Model}, {@code Trainer} and {@code Predictor}. */
@NullMarked
package io.peft4j.djl;

import org.jspecify.annotations.NullMarked;
