package io.peft4j.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a program as the body of a TorchScript method; operations ask it for the text of their operands. */
final class Script {

    /** Up to so many inputs a product costs little more than reading its result. */
    private static final int NARROW = 128;

    private final Program program;
    private final Kernels kernels;
    private final List<TensorType> types;
    private final Map<Dim, String> sizes = new LinkedHashMap<>();
    private Program.Node node;

    private Script(Program program, Kernels kernels, Program.Node node) {
        this.program = program;
        this.kernels = kernels;
        this.types = program.types();
        this.node = node;
    }

    /** Returns the body of the method whose parameters are {@link #parameters}. */
    static String body(Program program, Kernels kernels) {
        if (program.nodes().isEmpty()) {
            return result(program);
        }
        Script script = new Script(program, kernels, program.nodes().get(0));
        List<String> lines = new ArrayList<>();
        for (Program.Node next : program.nodes()) {
            script.node = next;
            lines.add("%s = %s".formatted(names(next.results()), script.expression()));
        }
        program.additions().forEach(a -> lines.add("%s.add_(%s)".formatted(name(a.input()), name(a.value()))));
        lines.add(result(program));
        lines.addAll(0, script.sizes.values());
        return String.join("\n", lines);
    }

    /** Returns the current operation's expression, which writes over an operand that nobody needs any more. */
    private String expression() {
        for (int i = 0; i < node.operands().size() && kernels.overwrites(); i++) {
            int id = node.operands().get(i);
            boolean fits = types.get(id).equals(types.get(node.results().get(0)));
            String expression = fits && isExpendable(id) ? node.op().overwriting(this, i) : null;
            if (expression != null) {
                return expression;
            }
        }
        return node.op().script(this);
    }

    /** Returns whether a value has memory of its own and the current operation is its only user. */
    private boolean isExpendable(int id) {
        long users = program.nodes().stream()
                        .flatMap(other -> other.operands().stream())
                        .filter(operand -> operand == id)
                        .count()
                + program.outputs().stream().filter(output -> output == id).count()
                + program.additions().stream().filter(a -> a.value() == id).count();
        return users == 1
                && program.nodes().stream()
                        .anyMatch(other ->
                                other.results().contains(id) && other.op().cost() != Op.Cost.VIEW);
    }

    /** Returns the parameters of the method: one tensor per input. */
    static String parameters(Program program) {
        return names(program.inputs().stream().map(Program.Input::id).toList());
    }

    /** Returns the text of a number, which never depends on the locale. */
    static String number(double value) {
        return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Double.toString(value);
    }

    /** Returns operand i. */
    String operand(int i) {
        return name(node.operands().get(i));
    }

    /** Returns all operands, separated by commas. */
    String operands() {
        return names(node.operands());
    }

    /** Returns whether anybody uses result k. */
    boolean isUsed(int k) {
        int id = node.results().get(k);
        return program.outputs().contains(id)
                || program.nodes().stream().anyMatch(other -> other.operands().contains(id))
                || program.additions().stream().anyMatch(addition -> addition.value() == id);
    }

    /** Returns the native routines to write calls of. */
    Kernels kernels() {
        return kernels;
    }

    int operandCount() {
        return node.operands().size();
    }

    TensorType operandType(int i) {
        return types.get(node.operands().get(i));
    }

    /** Returns operand i as a matrix of rows. */
    String rows(int i) {
        TensorType type = operandType(i);
        return type.rank() == 2 ? operand(i) : "%s.reshape(-1, %s)".formatted(operand(i), size(type.dim(-1)));
    }

    /** Returns the shape of result k as a list. */
    String shape(int k) {
        return types.get(node.results().get(k)).shape().stream()
                .map(this::size)
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** Returns the expression of a dimension; sizes are read off the inputs that have them. */
    String size(Dim dim) {
        if (dim.isConstant()) {
            return dim.toString();
        }
        Program.@Nullable Input owner = program.ownerOf(dim);
        if (owner != null) {
            String variable = "n%d".formatted(new ArrayList<>(sizes.keySet()).indexOf(dim));
            if (!sizes.containsKey(dim)) {
                variable = "n%d".formatted(sizes.size());
                int axis = owner.type().shape().indexOf(dim);
                sizes.put(dim, "%s = %s.size(%d)".formatted(variable, name(owner.id()), axis));
            }
            return variable;
        }
        return dim.toString(this::named);
    }

    /** Returns the expression of a name, which some input may only have with a number added to it. */
    private String named(String name) {
        Dim dim = Dim.named(name);
        if (program.ownerOf(dim) != null) {
            return size(dim);
        }
        Dim shifted = program.inputs().stream()
                .flatMap(input -> input.type().shape().stream())
                .filter(candidate -> candidate.shiftedName().equals(Optional.of(name)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no input tells the size " + name));
        return "(%s - %d)".formatted(size(shifted), shifted.shift());
    }

    /** Returns some input, from which new tensors take their device. */
    String anyInput() {
        return name(program.inputs().get(0).id());
    }

    /** Returns a sum with a linear in the kernel that is fastest here; products with few inputs are no matter of kernels. */
    String addLinear(boolean transposed, double alpha) {
        return alpha == 1 && !isNarrow(1)
                ? kernels.linear(transposed).addScript(this, transposed)
                : addmm("torch.addmm(%s, ".formatted(rows(0)), transposed, alpha);
    }

    /** Returns whether an operand has few features. */
    boolean isNarrow(int i) {
        return operandType(i).dim(-1).constant() <= NARROW;
    }

    /** Returns a sum with a linear that overwrites its first term. */
    String addLinearInPlace(boolean transposed, double alpha) {
        return addmm("%s.addmm_(".formatted(rows(0)), transposed, alpha);
    }

    /** Returns the end of a call of addmm, with the product of rows of operand 1 and operand 2. */
    String addmm(String call, boolean transposed, double alpha) {
        String weight = transposed ? operand(2) : operand(2) + ".t()";
        String end = alpha == 1 ? ")" : ", alpha=%s)".formatted(number(alpha));
        String sum = "%s%s, %s%s".formatted(call, rows(1), weight, end);
        return operandType(0).rank() == 2 ? sum : "%s.view(%s)".formatted(sum, shape(0));
    }

    /** Returns a linear in the kernel that is fastest here. */
    String linear(boolean transposed) {
        String bias = operandCount() == 3 ? operand(2) : "None";
        return kernels.linear(transposed).script(operand(0), operand(1), bias, transposed);
    }

    private static String result(Program program) {
        return "return [%s]".formatted(names(program.outputs()));
    }

    private static String names(List<Integer> ids) {
        return ids.stream().map(Script::name).collect(Collectors.joining(", "));
    }

    private static String name(int id) {
        return "v" + id;
    }

    /** Returns the source of the functions that operations call. */
    static String functions() {
        return FUNCTIONS;
    }

    private static final String FUNCTIONS =
            """
            def dropout(x, seed, p: float, site: int):
              g = torch.Generator(device=x.device, seed=int(seed) + site * 7919)
              keep = torch.ge(torch.rand(x.shape, generator=g, dtype=6, device=x.device), p)
              return torch.mul(x, keep.to(x.dtype)).mul_(1.0 / (1.0 - p))
            def place(x, shape: List[int], axis: int, start: int, end: int):
              y = torch.zeros(shape, dtype=x.dtype, device=x.device)
              z = torch.slice(y, axis, start, end).copy_(x)
              return y
            def causal_mask(n: int, m: int, window: int, dtype: int, device: Device):
              i = torch.arange(m - n, m, device=device).unsqueeze(1)
              d = i - torch.arange(m, device=device)
              return torch.logical_and(torch.ge(d, 0), torch.lt(d, window)).to(dtype)
            def text_positions(ids, padding: int, before: int):
              text = torch.ne(ids, padding)
              return torch.add(torch.mul(torch.add(torch.cumsum(text, 1), before), text), padding)
            def positions(mask, before: int):
              return torch.mul(torch.cumsum(mask, 1) + (before - 1), mask)
            def targets(labels, ahead: int, ignored: int):
              ids = torch.constant_pad_nd(torch.slice(labels, 1, ahead), [0, ahead], ignored).reshape(-1)
              rows = torch.nonzero(torch.ne(ids, ignored)).squeeze(1)
              return rows, torch.index_select(ids, 0, rows)
            def last_ones(mask):
              n = mask.size(1)
              order = torch.mul(mask, torch.arange(1, n + 1, device=mask.device))
              rows = torch.mul(torch.arange(mask.size(0), device=mask.device), n)
              return torch.add(torch.argmax(order, 1), rows)
            def largest(x):
              d = x.size(2)
              features = torch.arange(d, device=x.device)
              texts = torch.mul(torch.arange(x.size(0), device=x.device), x.size(1) * d)
              return torch.argmax(x, 1) * d + features + texts.unsqueeze(1)
            def shift_right(labels, start: int, padding: int):
              ids = torch.where(torch.eq(labels, -100), torch.full_like(labels, padding), labels)
              first = torch.full_like(torch.slice(ids, 1, 0, 1), start)
              return torch.cat([first, torch.slice(ids, 1, 0, -1)], 1)
            def distance_buckets(n: int, m: int, both: bool, side: int, growth: float, device: Device):
              offset = torch.arange(m, device=device) - torch.arange(m - n, m, device=device).unsqueeze(1)
              first = torch.zeros_like(offset)
              distance = torch.clamp(-offset, min=0)
              if both:
                first = torch.gt(offset, 0).to(4) * side
                distance = torch.abs(offset)
              exact = side // 2
              share = torch.log(distance.to(6) / exact) / growth * (side - exact)
              far = torch.clamp(share.to(4) + exact, max=side - 1)
              return first + torch.where(torch.lt(distance, exact), distance, far)
            def layer_norm_backward(g, x, w: Optional[Tensor], eps: float):
              n = [x.size(-1)]
              y, mean, rstd = torch.native_layer_norm(x, n, w, None, eps)
              dx, dw, db = torch.native_layer_norm_backward(g, x, n, mean, rstd, w, None, [True, False, False])
              return dx
            def widen(x):
              return x.to(torch.promote_types(x.dtype, 6))
            def reciprocal_root(x, eps: float):
              return torch.rsqrt(torch.square(torch.linalg_vector_norm(x, 2, [-1], True)) / x.size(-1) + eps)
            def rms_norm(x, w, eps: float):
              h = __torch__.widen(x)
              return torch.mul((h * __torch__.reciprocal_root(h, eps)).to(x.dtype), w)
            def rms_norm_backward(g, x, w, eps: float):
              h = __torch__.widen(x)
              r = __torch__.reciprocal_root(h, eps)
              u = torch.mul(__torch__.widen(g), w)
              c = torch.sum(u * h, [-1], True).mul_(torch.square(r)).div_(-x.size(-1))
              return u.addcmul_(h, c).mul_(r).to(x.dtype)
            def rms_norm_weight_backward(g, x, eps: float):
              h = __torch__.widen(x)
              n = h * __torch__.reciprocal_root(h, eps)
              return (__torch__.widen(g) * n).sum_to_size([x.size(-1)]).to(x.dtype)
            def attention(q, k, v, mask, scale: float):
              y, rows = torch._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, False, attn_mask=mask.contiguous(), scale=scale)
              return y, rows
            def attention_backward(g, q, k, v, mask, y, rows, scale: float):
              dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward(g, q, k, v, y, rows, 0.0, False, attn_mask=mask.contiguous(), scale=scale)
              return dq, dk, dv
            def append(buffer, x, end: int):
              y = torch.slice(buffer, 2, end - x.size(2), end).copy_(x)
              return torch.slice(buffer, 2, 0, end)
            def turns(ids, f: List[float]):
              a = torch.mul(ids.to(6).unsqueeze(-1), torch.tensor(f, dtype=6, device=ids.device))
              b = torch.cat([a, a], -1)
              return torch.cos(b), torch.sin(b)
            def rotate(x, cos, sin, sign: float):
              n = x.size(-1) // 2
              y = x * cos
              a = torch.slice(y, -1, 0, n).addcmul_(torch.slice(x, -1, n), torch.slice(sin, -1, 0, n), value=-sign)
              b = torch.slice(y, -1, n).addcmul_(torch.slice(x, -1, 0, n), torch.slice(sin, -1, n), value=sign)
              return y
            def output_layer(x, w, onednn: bool):
              if onednn:
                return ops.mkldnn._linear_pointwise(x, w, None, "none", [], "")
              return torch.linear(x, w, None)
            def log_likelihood(z, target, gradient: bool):
              h = __torch__.widen(z)
              if not gradient:
                return torch.gather(torch.log_softmax(h, -1), 1, target)
              y = torch.gather(h, 1, target) - torch.amax(h, [-1], True)
              p = torch.softmax(h, -1, out=h)
              y = y + torch.log(torch.amax(p, [-1], True))
              z = z.copy_(p.scatter_add_(1, target, torch.full_like(target, -1, dtype=p.dtype)))
              return y
            def linear_cross_entropy(x, w, labels, ignored: int, rows: int, few: int, gradient: bool, onednn: bool, transposed: bool):
              counts = torch.ne(labels, ignored).unsqueeze(1)
              target = torch.where(counts, labels.unsqueeze(1), torch.zeros_like(labels).unsqueeze(1))
              y = torch.zeros(counts.shape, dtype=torch.promote_types(x.dtype, 6), device=x.device)
              dx = torch.zeros_like(x)
              parts = (x.size(0) + rows - 1) // rows
              rows = (x.size(0) + parts - 1) // parts
              for i in range(0, x.size(0), rows):
                z = __torch__.output_layer(torch.slice(x, 0, i, i + rows), w, onednn)
                for j in range(0, z.size(0), few):
                  t = torch.slice(target, 0, i + j, min(i + j + few, i + z.size(0)))
                  u = torch.slice(y, 0, i + j, i + j + t.size(0)).copy_(__torch__.log_likelihood(torch.slice(z, 0, j, j + few), t, gradient))
                if gradient:
                  if transposed:
                    d = ops.mkldnn._linear_pointwise(z, w.t(), None, "none", [], "")
                  else:
                    d = torch.matmul(z, w)
                  d = torch.slice(dx, 0, i, i + rows).copy_(d)
              return -(y * counts).sum(), dx.mul_(counts)
            def linear_cross_entropy_weight_gradient(g, x, w, labels, ignored: int, rows: int):
              dw = torch.zeros_like(w)
              for i in range(0, x.size(0), rows):
                y = torch.slice(labels, 0, i, i + rows)
                counts = torch.ne(y, ignored).unsqueeze(1)
                target = torch.where(counts, y.unsqueeze(1), torch.zeros_like(y).unsqueeze(1))
                h = torch.slice(x, 0, i, i + rows)
                p = torch.softmax(__torch__.widen(__torch__.output_layer(h, w, False)), -1)
                p = p.scatter_add_(1, target, torch.full_like(target, -1, dtype=p.dtype)) * (g * counts)
                z = dw.addmm_(p.to(w.dtype).t(), h)
              return dw
            def cross_entropy_backward(g, logits, labels, ignored: int):
              counts = torch.ne(labels, ignored).unsqueeze(1)
              target = torch.where(counts, labels.unsqueeze(1), torch.zeros_like(labels).unsqueeze(1))
              p = torch.softmax(logits, -1)
              d = p.scatter_add(1, target, torch.full_like(target, -1, dtype=p.dtype))
              return d * (g * counts.to(p.dtype))
            """;
}
