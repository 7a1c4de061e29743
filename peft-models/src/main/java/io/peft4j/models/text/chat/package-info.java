/** Chat templates: the part of Jinja that those of language models use. */
@NullMarked
package io.peft4j.models.text.chat;

import org.jspecify.annotations.NullMarked;
