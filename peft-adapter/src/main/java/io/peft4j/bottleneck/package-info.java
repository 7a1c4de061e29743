/** Bottleneck adapters, x + up(f(down(x))), and their composition; files are AdapterHub's. */
@NullMarked
package io.peft4j.bottleneck;

import org.jspecify.annotations.NullMarked;
