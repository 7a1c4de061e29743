package io.peft4j.io;

import io.peft4j.io.Unpickler.Global;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes the operations of a pickle of protocol 2 that makes a dictionary. */
final class Pickler {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickler() {
        op(0x80).op(2).op('}');
    }

    Pickler mark() {
        return op('(');
    }

    Pickler text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        op('X').littleEndian(utf8.length, Integer.BYTES);
        out.writeBytes(utf8);
        return this;
    }

    Pickler number(long number) {
        return op(0x8a).op(Long.BYTES).littleEndian(number, Long.BYTES);
    }

    Pickler numbers(long... numbers) {
        mark();
        for (long number : numbers) {
            number(number);
        }
        return tuple();
    }

    Pickler no() {
        return op(0x89);
    }

    Pickler global(Global global) {
        op('c');
        out.writeBytes("%s\n%s\n".formatted(global.module(), global.name()).getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** Makes a tuple of what follows the last mark. */
    Pickler tuple() {
        return op('t');
    }

    Pickler persistent() {
        return op('Q');
    }

    /** Calls the last value but one with the last. */
    Pickler call() {
        return op('R');
    }

    /** Puts what follows the last mark into the dictionary, keys and values in turn. */
    Pickler entries() {
        return op('u');
    }

    byte[] end() {
        return op('.').out.toByteArray();
    }

    private Pickler littleEndian(long number, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number)
                .array();
        out.write(all, 0, bytes);
        return this;
    }

    private Pickler op(int operation) {
        out.write(operation);
        return this;
    }
}
