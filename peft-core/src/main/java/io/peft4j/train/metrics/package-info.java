/**
 * Scores of predictions: classification, regression and labelled spans, in plain Java.
 *
 * <p>Every score is a fraction. Definitions follow scikit-learn, SciPy and seqeval, so numbers can be set side by side.
 */
@NullMarked
package io.peft4j.train.metrics;

import org.jspecify.annotations.NullMarked;
