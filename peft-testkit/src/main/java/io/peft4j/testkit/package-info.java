/** What tests of several modules share: the contract of methods, golden cases of other libraries, small models. */
@NullMarked
package io.peft4j.testkit;

import org.jspecify.annotations.NullMarked;
