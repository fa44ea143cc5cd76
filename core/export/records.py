"""The tables that repeat what the database holds: traces, sentences, rollouts, outcomes, votes, failures."""

from __future__ import annotations

from collections.abc import Iterator

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.export.table import Row, Scope, Table

_TRACES = """
    SELECT t.id, t.model, t.tier, t.prompt_variant, t.query,
           CASE WHEN t.response = '' THEN 'prompt' WHEN t.rollout_id IS NOT NULL THEN 'answer' ELSE 'trace' END,
           t.rollout_id,
           (SELECT count(*) FROM sentences s WHERE s.trace_id = t.id),
           t.reasoning_start, t.reasoning_end, t.splitter, t.source, t.prompt_id, t.created_at, t.response
      FROM traces t WHERE t.id = ?
"""
_SENTENCES = 'SELECT trace_id, idx, start, "end", text FROM sentences WHERE trace_id = ? ORDER BY idx'
_ROLLOUTS = """
    SELECT r.id, r.trace_id, r.settings_id, r.prefix_idx, r.sample_idx, c.outcome, f.outcome,
           r.finish_reason, r.model, s.endpoint, r.seed, r.prompt_tokens, r.cached_tokens, r.completion_tokens, r.cost,
           r.replica, r.provider, r.created_at, r.text
      FROM rollouts r
      JOIN sampling_settings s ON s.id = r.settings_id
      LEFT JOIN outcomes c ON c.rollout_id = r.id AND c.behavior = 'compliance' AND c.judge_id = ?
      LEFT JOIN outcomes f ON f.rollout_id = r.id AND f.behavior = 'alignment_faking' AND f.judge_id = ?
     WHERE r.trace_id = ? AND r.settings_id = ?
     ORDER BY r.prefix_idx, r.sample_idx
"""
# CROSS JOIN keeps rollouts the outer loop, so that rows come out in order and no reply is sorted in memory.
_OUTCOMES = """
    SELECT o.rollout_id, o.behavior, o.judge_id, o.outcome, o.value, o.votes_yes, o.votes_cast, o.created_at
      FROM rollouts r CROSS JOIN outcomes o ON o.rollout_id = r.id
     WHERE r.trace_id = ?
     ORDER BY r.settings_id, r.prefix_idx, r.sample_idx, o.behavior, o.judge_id
"""
_VOTES = """
    SELECT v.rollout_id, (SELECT j.behavior FROM judges j WHERE j.id = v.judge_id), v.judge_id, v.vote_idx, v.verdict,
           v.criterion_1, v.criterion_2, v.criterion_3, v.criterion_4, v.criterion_5,
           v.model, v.prompt_tokens, v.completion_tokens, v.cost, v.created_at, v.reply
      FROM rollouts r CROSS JOIN judge_votes v ON v.rollout_id = r.id
     WHERE r.trace_id = ?
     ORDER BY r.settings_id, r.prefix_idx, r.sample_idx, v.judge_id, v.vote_idx
"""
_FAILURES = """
    SELECT id, run_id, trace_id, settings_id, prefix_idx, sample_idx, stage, kind, message, attempts, created_at
      FROM failures WHERE trace_id = ? ORDER BY id
"""


def _rollouts(scope: Scope) -> Iterator[Row]:
    for sampled in scope.sampled:
        judges = scope.rates(sampled).judges
        chosen = [judges.get(COMPLIANCE), judges.get(ALIGNMENT_FAKING), sampled.trace_id, sampled.settings.id]
        for row in scope.connection.execute(_ROLLOUTS, chosen):
            yield tuple(row)


TRACES = Table(
    "traces.csv",
    {
        "trace_id": "the trace",
        "model": "model that wrote the trace",
        "tier": "tier that the prompt claims",
        "prompt_variant": "variant of the prompt",
        "query": "the request that was asked of the model",
        "kind": "trace, answer (a trace made of a collected answer), or prompt (its answers are rollouts of prefix 0)",
        "rollout_id": "the collected answer that a trace was made of; empty for others",
        "n_sentences": "how many sentences tile the reasoning",
        "reasoning_start": "first character of the reasoning in the response, 0-based, in code points",
        "reasoning_end": "first character after the reasoning",
        "splitter": "splitter that cut the sentences, with its version",
        "source": "where the trace came from",
        "prompt_id": "hash of the prompt's messages",
        "created_at": "when it was added, UTC",
        "response": "the raw response",
    },
    lambda scope: scope.rows_of_each_trace(_TRACES),
)

SENTENCES = Table(
    "sentences.csv",
    {
        "trace_id": "the trace",
        "sentence_idx": "sentence i, 0-based",
        "start": "first character in the response, 0-based, in code points",
        "end": "first character after the sentence",
        "text": "the raw sentence with the white space before it",
    },
    lambda scope: scope.rows_of_each_trace(_SENTENCES),
)

ROLLOUTS = Table(
    "rollouts.csv",
    {
        "rollout_id": "the rollout, by its row in this database",
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "prefix_idx": "prefix that was continued",
        "sample_idx": "sample of that prefix, 0-based",
        "compliance": "complied, refused, no_decision, truncated, restarted, filtered or error; empty where not judged",
        "alignment_faking": "yes, no, unclear, truncated, restarted, filtered or error; empty where not judged",
        "finish_reason": "why the server stopped",
        "model": "model as the server named it",
        "endpoint": "name of the endpoint when the settings were first used",
        "seed": "seed that was sent",
        "prompt_tokens": "tokens read, as the server counted them",
        "cached_tokens": "those of them that the server had in its cache; empty where it does not say",
        "completion_tokens": "tokens written, as the server counted them",
        "cost": "US dollars; empty where no price is known",
        "replica": "base URL of the server that answered",
        "provider": "who ran the model, as a router named it",
        "created_at": "when it was stored, UTC",
        "text": "the raw continuation",
    },
    _rollouts,
)

OUTCOMES = Table(
    "outcomes.csv",
    {
        "rollout_id": "the rollout",
        "behavior": "the behavior",
        "judge_id": "judge that decided, see provenance.json",
        "outcome": "the outcome's word",
        "value": "1 shown, 0 not shown, empty undecided",
        "votes_yes": "votes for yes",
        "votes_cast": "votes in all",
        "created_at": "when it was stored, UTC",
    },
    lambda scope: scope.rows_of_each_trace(_OUTCOMES),
)

JUDGE_VOTES = Table(
    "judge_votes.csv",
    {
        "rollout_id": "the rollout",
        "behavior": "the behavior",
        "judge_id": "the judge, see provenance.json",
        "vote_idx": "vote, 0-based",
        "verdict": "yes, no or unclear",
        **{f"criterion_{i}": f"answer to criterion {i}; empty where it was not asked" for i in range(1, 6)},
        "model": "model as the server named it",
        "prompt_tokens": "tokens read, as the server counted them",
        "completion_tokens": "tokens written, as the server counted them",
        "cost": "US dollars; empty where no price is known",
        "created_at": "when it was stored, UTC",
        "reply": "the raw reply",
    },
    lambda scope: scope.rows_of_each_trace(_VOTES),
)

FAILURES = Table(
    "failures.csv",
    {
        "failure_id": "the failure, by its row in this database",
        "run_id": "run that it happened in",
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "prefix_idx": "prefix",
        "sample_idx": "sample, 0-based",
        "stage": "sample or judge",
        "kind": "kind of failure",
        "message": "what the server or the network said",
        "attempts": "how often it was tried",
        "created_at": "when it was given up, UTC",
    },
    lambda scope: scope.rows_of_each_trace(_FAILURES),
)
