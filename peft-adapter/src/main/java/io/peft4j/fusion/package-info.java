/** AdapterFusion: attention of each sub-layer over the outputs of several bottlenecks. */
@NullMarked
package io.peft4j.fusion;

import org.jspecify.annotations.NullMarked;
