"""Writes what transformers' apply_chat_template makes of templates in the ways of well-known models.

    python generate_chat.py ../../peft-models/src/test/resources/io/peft4j/models/text/chat/cases.json

Made with transformers 5.18.0 and Jinja2 3.1.6.
"""
import json
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

TEMPLATES = {
    # A header before each message, white space trimmed, the beginning of text before the first.
    "llama3": ("{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
               "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 "
               "%}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
               "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"),
    # A default system message, line by line.
    "qwen2": ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
              "You are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + "
              "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' "
              "}}{% endif %}"),
    # Statements alone on their lines, and an error if roles do not take turns.
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('roles must take turns: user/assistant/user') }}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message['role'] == 'user' %}
        {%- if loop.first and system_message is defined %}
            {{- ' [INST] ' + system_message + '\\n\\n' + message['content'] + ' [/INST]' }}
        {%- else %}
            {{- ' [INST] ' + message['content'] + ' [/INST]' }}
        {%- endif %}
    {%- elif message['role'] == 'assistant' %}
        {{- ' ' + message['content'] + eos_token}}
    {%- else %}
        {{- raise_exception('only user and assistant are supported after the system message') }}
    {%- endif %}
{%- endfor %}
""",
    # Statements that trim_blocks and lstrip_blocks clear away.
    "zephyr": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
""",
    # A namespace that a loop writes, reversed messages, reasoning that is cut away.
    "qwen3": """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<tool>') and message.content.endswith('</tool>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set thought = '' %}
        {%- if '</think>' in content %}
            {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and thought %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + content }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
""",
    # What else templates do: macros, filters, tests, comments, JSON, slices, numbers, break.
    "everything": """{# a comment #}
{% macro show(x, mark='*') %}{{ mark }}{{ x | upper }}{{ mark }}{% endmacro %}
{{ show('a') }}{{ show('b', mark='+') }}
{{ {'k': [1, 2.5, true, none, "é\\"<"], 'm': {}} | tojson }}
{{ {'k': [1, {'x': 'y'}]} | tojson(indent=2) }}
{% for k, v in {'b': 1, 'a': 2}.items() %}{{ k }}={{ v }}{% if not loop.last %}, {% endif %}{% endfor %}

{% for m in messages if m.role != 'system' %}{% if loop.index > 2 %}{% break %}{% endif %}[{{ loop.index0 }}:{{ m.role[:2] }}]{% else %}none{% endfor %}

{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ 7 / 2 }} {{ 2 + 3 * 4 }} {{ (2 + 3) * 4 }} {{ 'x' ~ 1 ~ true }} {{ [1, 2] + [3] }}
{{ missing | default('d') }} {{ '' | default('e', true) }} {{ messages | map(attribute='role') | join('-') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }}
{{ 'a' if messages is defined and messages is not none else 'b' }} {{ missing is defined }} {{ 3 is odd }} {{ none }} {{ 'abc'[-1] }} {{ 'abc'[::-1] }} {{ "it's" }}
  {%- set text %}kept {{ messages | length }}{% endset %}
  {{ text }}
{{ '  x ' | trim }}|{{ 'a-b-c'.split('-', 1) }}|{{ ' y '.strip() }}|{{ 'aXbX'.replace('X', '.', 1) }}|{{ 'hello world'.title() }}
""",
}
CONVERSATIONS = [
    [("user", "Hi there")],
    [("system", "Be brief."), ("user", " What is 2+2? "), ("assistant", "4"), ("user", "And\n3+3?")],
    [("user", "a"), ("assistant", "<think>\nhm\n</think>\n\nb"), ("user", "größe 😀 <x> 'q'"), ("assistant", "<think>\ny\n</think>\nz")],
    [("assistant", "out of turn"), ("user", "x")],
]


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "<unk>": 2}, "<unk>")),
                                        bos_token="<s>", eos_token="</s>")
    cases = []
    for name, template in TEMPLATES.items():
        for number, conversation in enumerate(CONVERSATIONS):
            messages = [dict(role=role, content=content) for role, content in conversation]
            for prompt in (False, True):
                case = dict(name=f"{name}-{number}-{'prompt' if prompt else 'conversation'}", template=template,
                            messages=messages, prompt=prompt)
                try:
                    case["text"] = tokenizer.apply_chat_template(
                        messages, tokenize=False, chat_template=template, add_generation_prompt=prompt)
                except Exception as error:
                    case["refused"] = str(error)
                cases.append(case)
    os.makedirs(os.path.dirname(os.path.abspath(sys.argv[1])), exist_ok=True)
    with open(sys.argv[1], "w") as out:
        json.dump(cases, out, indent=1, ensure_ascii=False)


main()
