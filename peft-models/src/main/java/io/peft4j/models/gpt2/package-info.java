/**
 * GPT-2: Radford et al. 2019,
 * <a href="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf">Language
 * Models are Unsupervised Multitask Learners</a>.
 */
@NullMarked
package io.peft4j.models.gpt2;

import org.jspecify.annotations.NullMarked;
