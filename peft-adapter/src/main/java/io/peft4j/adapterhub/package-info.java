/** AdapterHub: its folders, read and written, and its own forms of LoRA, (IA)³, prefix tuning and prompt tuning. */
@NullMarked
package io.peft4j.adapterhub;

import org.jspecify.annotations.NullMarked;
