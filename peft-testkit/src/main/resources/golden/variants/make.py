"""Base models whose configurations differ from the usual, with what transformers computes. `python make.py OUT`."""
import sys

import torch
from safetensors.torch import save_file
from transformers import (
    DistilBertConfig, DistilBertForTokenClassification, GPT2Config, GPT2ForSequenceClassification,
    GPT2ForTokenClassification, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification,
    LlamaForTokenClassification, MistralConfig, MistralForCausalLM, MistralForSequenceClassification,
    MistralForTokenClassification, Qwen2Config, Qwen2ForCausalLM, Qwen2ForSequenceClassification,
    Qwen2ForTokenClassification, Qwen3Config, Qwen3ForCausalLM, Qwen3ForSequenceClassification,
    Qwen3ForTokenClassification, RobertaConfig, RobertaForTokenClassification, XLMRobertaConfig,
    XLMRobertaForSequenceClassification)

LLAMA = dict(vocab_size=67, hidden_size=32, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, initializer_range=.2, pad_token_id=0, bos_token_id=1,
             eos_token_id=2)
GPT2 = dict(vocab_size=67, n_embd=24, n_layer=2, n_head=3, n_positions=40, initializer_range=.2, embd_pdrop=0,
            attn_pdrop=0, resid_pdrop=0, bos_token_id=0, eos_token_id=0)
ENCODER = dict(vocab_size=67, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
               max_position_embeddings=40, initializer_range=.2, hidden_dropout_prob=0, attention_probs_dropout_prob=0)
LLAMA3 = dict(rope_type="llama3", rope_theta=500., factor=8., low_freq_factor=1., high_freq_factor=4.,
              original_max_position_embeddings=32)
LINEAR = dict(rope_type="linear", rope_theta=10000., factor=4.)


def case(name, model_class, config, task):
    torch.manual_seed(sum(map(ord, name)))
    config._attn_implementation = "eager"
    model = model_class(config).eval()
    for p in model.parameters():
        p.data.add_(torch.randn_like(p) * .1)
    if getattr(config, "tie_word_embeddings", False):
        model.tie_weights()
    model.save_pretrained(f"{sys.argv[1]}/{name}/base")
    ids = torch.randint(3, config.vocab_size, (3, 17))
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    mask[2, 5:] = 0
    ids[mask == 0] = 0 if config.pad_token_id is None else config.pad_token_id
    if task == "next":
        labels = ids.clone()
        labels[mask == 0] = -100
        labels[0, :4] = -100
    elif task == "text":
        labels = torch.randint(0, 3, (3,))
    else:
        labels = torch.randint(0, 3, ids.shape)
        labels[mask == 0] = -100
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, labels=labels)
    tensors = dict(input_ids=ids, attention_mask=mask, labels=labels, logits=out.logits, loss=out.loss.reshape(1))
    if task == "next":
        prompt = torch.randint(3, config.vocab_size, (1, 9))
        tensors["generate_prompt"] = prompt
        tensors["generated"] = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
                                              max_new_tokens=8, pad_token_id=0)
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{sys.argv[1]}/{name}/base_io.safetensors",
              metadata={"format": "pt"})


case("llama3rope", LlamaForCausalLM, LlamaConfig(**LLAMA, rope_parameters=LLAMA3), "next")
case("llamalinear", LlamaForCausalLM, LlamaConfig(**LLAMA, rope_parameters=LINEAR, attention_bias=True, mlp_bias=True,
                                                  tie_word_embeddings=True), "next")
case("mistralwindow", MistralForCausalLM, MistralConfig(**LLAMA, sliding_window=4), "next")
case("qwen2window", Qwen2ForCausalLM, Qwen2Config(**LLAMA, use_sliding_window=True, sliding_window=5,
                                                  max_window_layers=1, tie_word_embeddings=True), "next")
case("qwen3window", Qwen3ForCausalLM, Qwen3Config(**LLAMA, head_dim=16, use_sliding_window=True, sliding_window=5,
                                                  max_window_layers=2, attention_bias=True), "next")
case("gpt2odd", GPT2LMHeadModel, GPT2Config(**GPT2, scale_attn_by_inverse_layer_idx=True, n_inner=50,
                                            activation_function="relu", tie_word_embeddings=False), "next")
case("llamaseq", LlamaForSequenceClassification, LlamaConfig(**LLAMA, num_labels=3), "text")
case("gpt2seq", GPT2ForSequenceClassification, GPT2Config(**GPT2, num_labels=3, pad_token_id=0), "text")
case("gpt2tok", GPT2ForTokenClassification, GPT2Config(**GPT2, num_labels=3), "token")
case("qwen2tok", Qwen2ForTokenClassification, Qwen2Config(**LLAMA, num_labels=3), "token")
case("robertatok", RobertaForTokenClassification, RobertaConfig(**ENCODER, num_labels=3, pad_token_id=1), "token")
case("xlmrseq", XLMRobertaForSequenceClassification, XLMRobertaConfig(**ENCODER, num_labels=3, pad_token_id=1), "text")
case("distilberttok", DistilBertForTokenClassification,
     DistilBertConfig(vocab_size=67, dim=24, n_layers=2, n_heads=3, hidden_dim=40, max_position_embeddings=40,
                      initializer_range=.2, dropout=0, attention_dropout=0, num_labels=3), "token")
case("llamatok", LlamaForTokenClassification, LlamaConfig(**LLAMA, num_labels=3), "token")
case("mistralseq", MistralForSequenceClassification, MistralConfig(**LLAMA, num_labels=3), "text")
case("qwen2seq", Qwen2ForSequenceClassification, Qwen2Config(**LLAMA, num_labels=3), "text")
case("qwen3seq", Qwen3ForSequenceClassification, Qwen3Config(**LLAMA, head_dim=16, num_labels=3), "text")
case("qwen3tok", Qwen3ForTokenClassification, Qwen3Config(**LLAMA, head_dim=16, num_labels=3), "token")
case("mistraltok", MistralForTokenClassification, MistralConfig(**LLAMA, num_labels=3), "token")
