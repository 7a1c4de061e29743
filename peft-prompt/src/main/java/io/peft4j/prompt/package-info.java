/**
 * Soft prompts: learned tokens before a text, in three places.
 *
 * <pre>
 * layers get [e₁ … e_P, x₁ … x_T]                    prompt tuning, P-tuning, multitask prompt tuning
 * attention over [k₁ … k_P, K·x], [v₁ … v_P, V·x]    prefix tuning, P-tuning v2
 * y + g·(attention over learned rows alone)          LLaMA-Adapter
 * </pre>
 *
 * <p>Files are those of Hugging Face PEFT.
 */
@NullMarked
package io.peft4j.prompt;

import org.jspecify.annotations.NullMarked;
