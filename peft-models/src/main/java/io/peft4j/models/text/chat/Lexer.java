package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a template into tokens, with the treatment of white space that Hugging Face asks of Jinja: a statement alone on
 * its line leaves nothing of the line ({@code trim_blocks}, {@code lstrip_blocks}), and the last newline is dropped.
 */
final class Lexer {

    private static final Pattern PIECE = Pattern.compile(
            "\\s+|(?<name>[A-Za-z_]\\w*)|(?<number>\\d+(?:\\.\\d+)?)"
                    + "|(?<string>'(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\")"
                    + "|(?<operator>==|!=|<=|>=|//|\\*\\*|[-+*/%~<>=()\\[\\]{}.,:|])",
            Pattern.DOTALL);

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int counted;
    private int lines = 1;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String unix = template.replace("\r\n", "\n");
        return new Lexer(unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix).run();
    }

    private List<Token> run() {
        boolean strip = false;
        boolean trim = false;
        while (at < source.length()) {
            int tag = nextTag();
            int begin = at;
            if (trim && source.startsWith("\n", at)) {
                begin++;
            }
            text(begin, tag, strip);
            if (tag == source.length()) {
                at = tag;
                break;
            }
            char kind = source.charAt(tag + 1);
            String end = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
            at = tag + 2 + (startsWithAny(tag + 2, "-+") ? 1 : 0);
            int close = kind == '#' ? comment() : expression(kind, tag);
            strip = source.charAt(close - 1) == '-' && close - 1 >= at - 1;
            trim = kind != '{' && source.charAt(close - 1) != '+';
            at = close + end.length();
        }
        tokens.add(new Token(Token.Kind.END, "", line(source.length())));
        return tokens;
    }

    private int nextTag() {
        for (int i = at; i + 1 < source.length(); i++) {
            if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return source.length();
    }

    /** Adds the text before a tag, less the white space that the tags around it take. */
    private void text(int begin, int tag, boolean strip) {
        String text = source.substring(Math.min(begin, tag), tag);
        if (strip) {
            text = text.stripLeading();
        }
        if (tag < source.length()) {
            boolean statement = source.charAt(tag + 1) != '{';
            if (startsWithAny(tag + 2, "-")) {
                text = text.stripTrailing();
            } else if (statement && !startsWithAny(tag + 2, "+")) {
                int lineStart = text.lastIndexOf('\n') + 1;
                boolean wholeLine = lineStart > 0 || begin == 0 || source.charAt(begin - 1) == '\n';
                if (wholeLine && text.substring(lineStart).isBlank()) {
                    text = text.substring(0, lineStart);
                }
            }
        }
        if (!text.isEmpty()) {
            tokens.add(new Token(Token.Kind.TEXT, text, line(begin)));
        }
    }

    private boolean startsWithAny(int index, String characters) {
        return index < source.length() && characters.indexOf(source.charAt(index)) >= 0;
    }

    private int comment() {
        int close = source.indexOf("#}", at);
        if (close < 0) {
            throw new TemplateException("line %d: a comment does not end".formatted(line(at)));
        }
        return close;
    }

    /** Adds the tokens of a tag and returns where its end begins. */
    private int expression(char kind, int tag) {
        boolean output = kind == '{';
        String end = output ? "}}" : "%}";
        int first = line(tag);
        tokens.add(new Token(output ? Token.Kind.OUTPUT : Token.Kind.STATEMENT, "", first));
        Matcher matcher = PIECE.matcher(source);
        int depth = 0;
        int i = at;
        while (i < source.length()) {
            boolean sign = startsWithAny(i, "-+") && source.startsWith(end, i + 1);
            if (depth == 0 && (sign || source.startsWith(end, i))) {
                int close = sign ? i + 1 : i;
                tokens.add(new Token(output ? Token.Kind.END_OUTPUT : Token.Kind.END_STATEMENT, "", line(i)));
                return close;
            }
            matcher.region(i, source.length());
            if (!matcher.lookingAt()) {
                throw new TemplateException(
                        "line %d: '%s' is not understood".formatted(line(i), source.substring(i, i + 1)));
            }
            add(matcher, i);
            depth += startsWithAny(i, "([{") ? 1 : startsWithAny(i, ")]}") ? -1 : 0;
            i = matcher.end();
        }
        throw new TemplateException("line %d: a tag does not end".formatted(first));
    }

    private void add(Matcher matcher, int start) {
        if (matcher.group("name") != null) {
            tokens.add(new Token(Token.Kind.NAME, matcher.group(), line(start)));
        } else if (matcher.group("number") != null) {
            tokens.add(new Token(Token.Kind.NUMBER, matcher.group(), line(start)));
        } else if (matcher.group("string") != null) {
            tokens.add(new Token(Token.Kind.STRING, unescaped(matcher.group(), line(start)), line(start)));
        } else if (matcher.group("operator") != null) {
            tokens.add(new Token(Token.Kind.OPERATOR, matcher.group(), line(start)));
        }
    }

    private static String unescaped(String quoted, int line) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < quoted.length() - 1; i++) {
            char c = quoted.charAt(i);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escaped = quoted.charAt(++i);
            int special = "nrtbf".indexOf(escaped);
            if (escaped == 'u' && i + 4 < quoted.length() - 1) {
                String code = quoted.substring(i + 1, i + 5);
                if (!code.chars().allMatch(HexFormat::isHexDigit)) {
                    throw new TemplateException("line %d: '\\u%s' is no character".formatted(line, code));
                }
                text.append((char) HexFormat.fromHexDigits(code));
                i += 4;
            } else if (special >= 0) {
                text.append("\n\r\t\b\f".charAt(special));
            } else if ("'\"\\".indexOf(escaped) >= 0) {
                text.append(escaped);
            } else {
                text.append(c).append(escaped);
            }
        }
        return text.toString();
    }

    /** Returns the line of a character; those of later calls come later. */
    private int line(int index) {
        for (; counted < index; counted++) {
            lines += source.charAt(counted) == '\n' ? 1 : 0;
        }
        return lines;
    }
}
