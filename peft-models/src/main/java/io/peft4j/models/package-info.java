/** Model architectures, one folder each, and where their files are found. */
@NullMarked
package io.peft4j.models;

import org.jspecify.annotations.NullMarked;
