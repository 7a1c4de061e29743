package io.peft4j.program;

/** The TorchScript functions that operations call, for formulas that are more than an expression. */
final class ScriptFunctions {

    static final String SOURCE =
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

    private ScriptFunctions() {}
}
