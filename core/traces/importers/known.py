"""The formats of records that turnpoint reads beside its own, one description each; the first that fits counts.

`turnpoint import`, the page on importing and the refusal of a record that nobody knows all read this table.
"""

from __future__ import annotations

from typing import Final

from core.traces.importers.description import Description
from core.traces.importers.unfolding import attempts, audits, episodes, instructed, preferences

_CHAT_KEPT: Final = ("id", "created", "system_fingerprint", "usage")
_REASONS: Final = ("finish_reason", "stop_reason", "done_reason")
QUESTIONS: Final = ("question", "problem", "instruction", "user_prompt", "input")
"""Names of the text of one user turn, beside ``prompt``."""
ANSWERS: Final = (
    *("completion", "generation", "model_output", "model_response", "generated_response", "assistant_response"),
    *("raw_response", "raw_output", "llm_output", "llm_response", "output_text", "response_text", "model_answer"),
)
"""Names of a model's text, beside ``response``, that are never those of a reference answer."""
_SYSTEMS: Final = ("system", "system_prompt", "instructions")

WRAPPED: Final[tuple[Description, ...]] = (
    *(
        Description(
            "OpenAI batch output",
            needs=("custom_id", needed),
            unless=("messages",),
            inside="response.body",
            id=("custom_id",),
            failed=("error", "response.body.error"),
            status="response.status_code",
            refused="no answer that is known here",
            keeps=("custom_id",),
        )
        for needed in ("response.body", "error")
    ),
    Description(
        "Anthropic batch results",
        needs=("custom_id", "result.type"),
        inside="result.message",
        id=("custom_id",),
        failed=("result.error.error", "result.error", "result.type"),
        keeps=("custom_id",),
    ),
    Description(
        "Gemini batch output", needs=("key", "response.candidates"), inside="response", id=("key",), keeps=("key",)
    ),
    *(
        Description(
            "log of request and response",
            needs=(f"request.{asked}", answered),
            unless=("prompt", "messages"),
            inside="response",
            id=("id", "request_id", "custom_id", "key"),
            prompt=(f"request.{asked}",),
            system=("request.system", "request.instructions", "request.systemInstruction"),
            model=("request.model",),
            failed=("error", "response.error"),
        )
        for asked in ("messages", "contents", "input", "prompt")
        for answered in ("response", "error")
    ),
    Description(
        "LiteLLM log",
        needs=("messages", "response.choices"),
        inside="response",
        id=("id", "request_id"),
        turns=("messages",),
        model=("model",),
        failed=("error_str", "error"),
    ),
    Description("event of a stream", needs=("type=response.completed", "response"), inside="response"),
    Description("row of a data set's preview", needs=("row_idx", "row"), inside="row", keeps=("row_idx",)),
)
"""Records of one of the other formats inside an object that says what was asked, or how it is called."""

KNOWN: Final[tuple[Description, ...]] = (
    *(
        Description(
            "piece of a stream", needs=needs, refused="these are pieces of a streamed answer; give whole answers."
        )
        for needs in (
            ("object=chat.completion.chunk",),
            ("message.role", "done=false"),
            ("response", "model", "done=false"),
            ("response", "created_at", "done=false"),
            *((f"type={event}",) for event in ("message_start", "content_block_delta", "response.output_text.delta")),
        )
    ),
    Description(
        "OpenAI batch input",
        needs=("custom_id", "method", "body"),
        refused="this is the input of a batch, without answers; give the output file.",
    ),
    Description(
        "Anthropic batch input",
        needs=("custom_id", "params.messages"),
        refused="this is the input of a batch, without answers; give the results.",
    ),
    Description(
        "table of labels",
        needs=("trace_id", "sentence_idx"),
        unless=("response",),
        refused="these are sentences or labels, not traces; a table of labels is imported as a CSV file, unpacked.",
    ),
    Description(
        "rollouts of an export",
        needs=("rollout_id", "settings_id"),
        refused="this is turnpoint's own table of rollouts; `turnpoint merge` brings over the database itself.",
    ),
    Description(
        "traces of an export",
        needs=("trace_id", "prompt_id", "reasoning_start"),
        refused="this is turnpoint's own table of traces, without prompts; `turnpoint merge` brings over the database.",
    ),
    Description(
        "chat completion",
        needs=("choices.0.message",),
        unless=("response",),
        each="choices",
        answer=("message",),
        turns=("messages",),
        stop=_REASONS,
        id=("id",),
        model=("model",),
        failed=("error",),
        key="chat_output",
        keeps=_CHAT_KEPT,
    ),
    Description(
        "text completion",
        needs=("choices.0.text",),
        unless=("response", "question", "choices.0.label"),
        each="choices",
        answer=("text",),
        prompt=("prompt",),
        stop=_REASONS,
        id=("id",),
        model=("model",),
        key="chat_output",
        keeps=_CHAT_KEPT,
    ),
    Description(
        "OpenAI Responses",
        needs=("object=response", "output"),
        answer=("output",),
        prompt=("input",),
        system=("instructions",),
        stop=("incomplete_details.reason", "status"),
        id=("id",),
        model=("model",),
        failed=("error", "incomplete_details"),
        key="openai_responses",
    ),
    Description(
        "OpenAI Responses",
        needs=("output.0.type",),
        unless=("response",),
        answer=("output",),
        prompt=("input",),
        system=("instructions",),
        id=("id",),
        model=("model",),
        key="openai_responses",
    ),
    Description(
        "Anthropic message",
        needs=("type=message", "role=assistant", "content"),
        answer=("content",),
        turns=("messages",),
        system=("system",),
        stop=("stop_reason",),
        id=("id",),
        model=("model",),
        key="anthropic",
    ),
    Description(
        "Gemini",
        needs=("candidates.0.content",),
        each="candidates",
        answer=("content",),
        prompt=("contents",),
        system=("systemInstruction",),
        stop=("finishReason",),
        id=("responseId",),
        model=("modelVersion", "model"),
        failed=("candidates.0.finishReason", "promptFeedback.blockReason"),
        key="gemini",
    ),
    Description(
        "Gemini conversation",
        needs=("contents.0.parts",),
        turns=("contents",),
        system=("systemInstruction",),
        model=("model", "modelVersion"),
    ),
    Description(
        "Ollama chat",
        needs=("message.role", "done"),
        answer=("message",),
        turns=("messages",),
        stop=("done_reason",),
        model=("model",),
        key="ollama",
    ),
    Description(
        "Ollama generate",
        needs=("response", "done", "created_at"),
        answer=("response",),
        prompt=("prompt",),
        system=("system",),
        stop=("done_reason",),
        model=("model",),
        key="ollama",
    ),
    Description(
        "Bedrock Converse",
        needs=("output.message.content",),
        answer=("output.message.content",),
        stop=("stopReason",),
        model=("modelId",),
        key="bedrock",
    ),
    Description(
        "Cohere chat",
        needs=("message.role", "finish_reason"),
        answer=("message",),
        stop=("finish_reason",),
        id=("id",),
        model=("model",),
        key="cohere",
    ),
    Description(
        "vLLM RequestOutput",
        needs=("request_id", "outputs.0.text"),
        each="outputs",
        answer=("text",),
        prompt=("prompt",),
        stop=("finish_reason",),
        id=("request_id",),
        model=("model",),
        key="vllm",
    ),
    Description(
        "SGLang generate",
        needs=("text", "meta_info"),
        answer=("text",),
        prompt=("prompt",),
        stop=("meta_info.finish_reason",),
        id=("meta_info.id",),
        model=("model",),
        key="sglang",
    ),
    Description(
        "llama.cpp completion",
        needs=("content", "generation_settings"),
        answer=("content",),
        prompt=("prompt",),
        stop=("stop_type",),
        model=("model",),
        key="llama_cpp",
    ),
    Description(
        "Hugging Face generation",
        needs=("generated_text",),
        unless=("response",),
        answer=("generated_text",),
        prompt=("inputs", "prompt", *QUESTIONS),
        stop=("details.finish_reason",),
        model=("model",),
    ),
    Description(
        "Petri transcript",
        needs=("metadata.transcript_id",),
        unfold=audits,
        turns=("target_messages",),
        id=("transcript_id",),
        model=("target_model",),
        key="petri",
    ),
    Description(
        "verifiers traces",
        needs=("task", "traces.0.nodes"),
        unfold=episodes,
        turns=("messages",),
        id=("id",),
        model=("model",),
        stop=("finish_reason",),
        failed=("errors.0", "traces.0.errors.0"),
        key="verifiers",
    ),
    Description(
        "verifiers traces",
        needs=("nodes.0.message", "agent"),
        unfold=episodes,
        turns=("messages",),
        id=("id",),
        model=("model",),
        stop=("finish_reason",),
        failed=("errors.0",),
        key="verifiers",
    ),
    Description(
        "lm-eval samples",
        needs=("doc", "arguments", "resps.0.0"),
        each="resps.0",
        answer=("",),
        prompt=("arguments.gen_args_0.arg_0", "arguments.0.0"),
        id=("doc_id",),
        key="lm_eval",
    ),
    *(
        Description(
            "ShareGPT", needs=(f"{name}.0.{text}",), turns=(name,), system=_SYSTEMS, id=("id",), model=("model",)
        )
        for name in ("conversations", "conversation", "dialogue", "dialog", "chat", "turns")
        for text in ("value", "content")
    ),
    Description(
        "s1K", needs=("question", "thinking_trajectories", "attempt"), answer=("attempt",), prompt=("question",)
    ),
    *(
        Description(
            "s1K",
            needs=("question", f"{who}_thinking_trajectory", f"{who}_attempt"),
            unfold=attempts,
            answer=("attempt",),
            reasoning=("thinking_trajectory",),
            prompt=("question",),
            model=("model",),
        )
        for who in ("deepseek", "gemini")
    ),
    Description(
        "OpenThoughts with columns apart",
        needs=("problem", "deepseek_reasoning", "deepseek_solution"),
        answer=("deepseek_solution",),
        reasoning=("deepseek_reasoning",),
        prompt=("problem",),
    ),
    Description(
        "TRL preference",
        needs=("chosen", "rejected"),
        unfold=preferences,
        answer=("answer",),
        prompt=("prompt", *QUESTIONS),
        system=_SYSTEMS,
        id=("id",),
        model=("model",),
    ),
    *(
        Description(
            "several answers to one prompt",
            needs=(f"{name}.0",),
            unless=("response",) if name == "generations" else ("response", "messages"),
            each=name,
            answer=("text", "response", "content", "message", ""),
            prompt=("prompt", "messages", *QUESTIONS),
            system=_SYSTEMS,
            stop=_REASONS,
            id=("id", "uuid"),
            model=("model",),
        )
        for name in ("generations", "responses", "completions", "samples", "outputs")
    ),
    *(
        Description(
            "prompt and completion (TRL)",
            unfold=instructed,
            needs=(name,),
            unless=("response", "messages"),
            answer=(name,),
            prompt=("prompt", *QUESTIONS),
            system=_SYSTEMS,
            stop=_REASONS,
            id=("id",),
            model=("model",),
        )
        for name in ANSWERS
    ),
    *(
        Description(
            "question and response",
            unfold=instructed,
            needs=(name, "response"),
            unless=("prompt", "messages"),
            answer=("response",),
            prompt=(name,),
            system=_SYSTEMS,
            stop=_REASONS,
            id=("id",),
            model=("model",),
        )
        for name in QUESTIONS
    ),
    *(
        Description(
            "question, reasoning and answer",
            unfold=instructed,
            needs=(name,),
            unless=("response",),
            has_reasoning=True,
            answer=(name,),
            prompt=("prompt", "messages", *QUESTIONS),
            system=_SYSTEMS,
            stop=_REASONS,
            id=("id",),
            model=("model",),
        )
        for name in ("answer", "output", "final_answer", "final", "attempt", "solution", "content", "text")
    ),
    *(
        Description(
            "instruction and output (Alpaca)",
            unfold=instructed,
            needs=(name, "output"),
            unless=("response", "messages"),
            answer=("output",),
            prompt=(name,),
            system=_SYSTEMS,
            id=("id",),
            model=("model", "generator"),
        )
        for name in ("instruction", "input", "prompt", "question")
    ),
)
"""Formats of records, tried in this order after those that wrap another."""
