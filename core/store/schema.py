"""The tables of a turnpoint database, as append-only migrations.

A migration, once released, is never edited: a change of shape is a new function at the end.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

from core.canonical import canonical_json, short_hash

MIGRATION_SET = "turnpoint"

migrations = Migrations(MIGRATION_SET)


def _table(db: Database, name: str) -> Table:
    table = db[name]
    assert isinstance(table, Table)
    return table


@migrations()
def m001_traces(db: Database) -> None:
    """Prompts, traces and the sentences that tile each trace's reasoning."""
    _table(db, "prompts").create(
        {"id": str, "messages": str, "created_at": str},
        pk="id",
        not_null={"messages", "created_at"},
        strict=True,
    )
    _table(db, "traces").create(
        {
            "id": str,
            "prompt_id": str,
            "response": str,
            "reasoning_start": int,
            "reasoning_end": int,
            "model": str,
            "tier": str,
            "prompt_variant": str,
            "query": str,
            "source": str,
            "metadata": str,
            "splitter": str,
            "program": str,
            "created_at": str,
        },
        pk="id",
        not_null={"prompt_id", "response", "reasoning_start", "reasoning_end", "splitter", "created_at"},
        foreign_keys=[("prompt_id", "prompts", "id")],
        strict=True,
    )
    sentences = _table(db, "sentences")
    sentences.create(
        {"trace_id": str, "idx": int, "start": int, "end": int, "text": str},
        pk=("trace_id", "idx"),
        not_null={"start", "end", "text"},
        foreign_keys=[("trace_id", "traces", "id")],
        strict=True,
    )
    sentences.enable_fts(["text"], create_triggers=True)


@migrations()
def m002_rollouts(db: Database) -> None:
    """What was sampled, under which settings, what came of it, and what it cost."""
    _table(db, "sampling_settings").create(
        {
            "id": str,
            "canonical": str,
            "endpoint": str,
            "base_url": str,
            "model": str,
            "mode": str,
            "temperature": float,
            "top_p": float,
            "max_tokens": int,
            "seed": int,
            "created_at": str,
        },
        pk="id",
        not_null={"canonical", "model", "created_at"},
        strict=True,
    )
    _table(db, "judges").create(
        {
            "id": str,
            "canonical": str,
            "behavior": str,
            "name": str,
            "version": str,
            "scheme": str,
            "model": str,
            "base_url": str,
            "created_at": str,
        },
        pk="id",
        not_null={"canonical", "behavior", "created_at"},
        strict=True,
    )
    _table(db, "runs").create(
        {
            "id": int,
            "kind": str,
            "status": str,
            "request": str,
            "settings_id": str,
            "program": str,
            "started_at": str,
            "ended_at": str,
        },
        pk="id",
        not_null={"kind", "status", "started_at"},
        strict=True,
    )
    rollouts = _table(db, "rollouts")
    rollouts.create(
        {
            "id": int,
            "trace_id": str,
            "settings_id": str,
            "prefix_idx": int,
            "sample_idx": int,
            "text": str,
            "finish_reason": str,
            "model": str,
            "system_fingerprint": str,
            "seed": int,
            "prompt_tokens": int,
            "completion_tokens": int,
            "cost": float,
            "run_id": int,
            "created_at": str,
        },
        pk="id",
        not_null={"trace_id", "settings_id", "prefix_idx", "sample_idx", "text", "created_at"},
        foreign_keys=[
            ("trace_id", "traces", "id"),
            ("settings_id", "sampling_settings", "id"),
            ("run_id", "runs", "id"),
        ],
        strict=True,
    )
    rollouts.create_index(["trace_id", "settings_id", "prefix_idx", "sample_idx"], unique=True)
    outcomes = _table(db, "outcomes")
    outcomes.create(
        {
            "rollout_id": int,
            "behavior": str,
            "judge_id": str,
            "outcome": str,
            "value": int,
            "votes_yes": int,
            "votes_cast": int,
            "created_at": str,
        },
        pk=("rollout_id", "behavior", "judge_id"),
        not_null={"outcome", "created_at"},
        foreign_keys=[("rollout_id", "rollouts", "id"), ("judge_id", "judges", "id")],
        strict=True,
    )
    # Covers the rates query, so that opening a trace reads no rollout text.
    outcomes.create_index(["rollout_id", "behavior", "judge_id", "outcome", "value"])
    votes = _table(db, "judge_votes")
    votes.create(
        {
            "id": int,
            "rollout_id": int,
            "judge_id": str,
            "vote_idx": int,
            "verdict": str,
            "criterion_1": str,
            "criterion_2": str,
            "criterion_3": str,
            "criterion_4": str,
            "criterion_5": str,
            "reply": str,
            "model": str,
            "prompt_tokens": int,
            "completion_tokens": int,
            "cost": float,
            "run_id": int,
            "created_at": str,
        },
        pk="id",
        not_null={"rollout_id", "judge_id", "vote_idx", "verdict", "created_at"},
        foreign_keys=[
            ("rollout_id", "rollouts", "id"),
            ("judge_id", "judges", "id"),
            ("run_id", "runs", "id"),
        ],
        strict=True,
    )
    votes.create_index(["rollout_id", "judge_id", "vote_idx"], unique=True)
    failures = _table(db, "failures")
    failures.create(
        {
            "id": int,
            "run_id": int,
            "trace_id": str,
            "settings_id": str,
            "prefix_idx": int,
            "sample_idx": int,
            "stage": str,
            "kind": str,
            "message": str,
            "attempts": int,
            "created_at": str,
        },
        pk="id",
        not_null={"trace_id", "prefix_idx", "stage", "kind", "created_at"},
        foreign_keys=[("trace_id", "traces", "id"), ("run_id", "runs", "id")],
        strict=True,
    )
    failures.create_index(["trace_id", "settings_id", "prefix_idx"])


@migrations()
def m003_labels(db: Database) -> None:
    """Labels as an event log: the present state is always the last event of a sentence."""
    _table(db, "codebooks").create(
        {"id": str, "version": str, "canonical": str, "created_at": str},
        pk="id",
        not_null={"canonical", "created_at"},
        strict=True,
    )
    events = _table(db, "label_events")
    events.create(
        {
            "id": int,
            "annotator": str,
            "trace_id": str,
            "sentence_idx": int,
            "kind": str,
            "category": str,
            "previous": str,
            "target": int,
            "codebook_id": str,
            "program": str,
            "created_at": str,
        },
        pk="id",
        not_null={"annotator", "trace_id", "sentence_idx", "kind", "created_at"},
        foreign_keys=[
            ("trace_id", "traces", "id"),
            ("target", "label_events", "id"),
            ("codebook_id", "codebooks", "id"),
        ],
        strict=True,
    )
    events.create_index(["trace_id", "annotator", "sentence_idx", "id"])
    events.create_index(["annotator", "id"])
    _table(db, "positions").create(
        {"annotator": str, "trace_id": str, "sentence_idx": int, "updated_at": str},
        pk=("annotator", "trace_id"),
        not_null={"sentence_idx", "updated_at"},
        foreign_keys=[("trace_id", "traces", "id")],
        strict=True,
    )


@migrations()
def m004_embeddings(db: Database) -> None:
    """Sentence embeddings, each text once per model; ``dtype`` of the model tells how a vector is stored."""
    models = _table(db, "embedding_models")
    models.create(
        {"id": str, "name": str, "weights": str, "dtype": str, "program": str, "created_at": str},
        pk="id",
        not_null={"name", "weights", "dtype", "created_at"},
        strict=True,
    )
    models.create_index(["name"])
    _table(db, "embeddings").create(
        {"model_id": str, "text_hash": str, "vector": bytes},
        pk=("model_id", "text_hash"),
        not_null={"vector"},
        foreign_keys=[("model_id", "embedding_models", "id")],
        strict=True,
    )


@migrations()
def m005_endpoints(db: Database) -> None:
    """What a server proved able to do, who answered a rollout, and which collected answer a trace was made of."""
    rollouts = _table(db, "rollouts")
    rollouts.add_column("cached_tokens", int)
    rollouts.add_column("replica", str)
    rollouts.add_column("provider", str)
    rollouts.add_column("continuation", str)
    traces = _table(db, "traces")
    traces.add_column("rollout_id", int)
    traces.create_index(["rollout_id"])
    checks = _table(db, "endpoint_checks")
    checks.create(
        {
            "id": int,
            "settings_id": str,
            "endpoint": str,
            "base_url": str,
            "model": str,
            "mode": str,
            "verdict": str,
            "report": str,
            "program": str,
            "created_at": str,
        },
        pk="id",
        not_null={"settings_id", "verdict", "report", "created_at"},
        foreign_keys=[("settings_id", "sampling_settings", "id")],
        strict=True,
    )
    checks.create_index(["settings_id", "id"])


@migrations()
def m006_annotation(db: Database) -> None:
    """All that an annotator says of a sentence, suggestions, queues of work, labelled verdicts, and merges."""
    events = _table(db, "label_events")
    for name in ("uid", "step", "secondary", "note", "source", "suggested", "suggested_by", "ordered_by", "decided_by"):
        events.add_column(name, str)
    for name in ("skipped", "unsure", "verified", "blind"):
        events.add_column(name, int)
    for name in ("confidence", "seconds"):
        events.add_column(name, float)
    # Two copies of one database must give an older event the same name, or merging them would double it.
    older = "SELECT id, annotator, trace_id, sentence_idx, kind, category, created_at FROM label_events"
    for row in list(db.query(older)):
        uid = short_hash(canonical_json([str(value) for value in row.values()]))
        db.execute("UPDATE label_events SET uid = ?, step = ? WHERE id = ?", [uid, uid, row["id"]])
    events.create_index(["uid"], unique=True)
    events.create_index(["annotator", "step"])
    suggesters = _table(db, "suggesters")
    suggesters.create(
        {
            "id": str,
            "canonical": str,
            "kind": str,
            "name": str,
            "model": str,
            "base_url": str,
            "codebook_id": str,
            "created_at": str,
        },
        pk="id",
        not_null={"canonical", "kind", "name", "created_at"},
        foreign_keys=[("codebook_id", "codebooks", "id")],
        strict=True,
    )
    batches = _table(db, "suggestion_batches")
    batches.create(
        {
            "id": int,
            "suggester_id": str,
            "trace_id": str,
            "first_idx": int,
            "end_idx": int,
            "reply": str,
            "refusal": str,
            "model": str,
            "prompt_tokens": int,
            "completion_tokens": int,
            "cost": float,
            "run_id": int,
            "created_at": str,
        },
        pk="id",
        not_null={"suggester_id", "trace_id", "first_idx", "end_idx", "created_at"},
        foreign_keys=[
            ("suggester_id", "suggesters", "id"),
            ("trace_id", "traces", "id"),
            ("run_id", "runs", "id"),
        ],
        strict=True,
    )
    batches.create_index(["trace_id", "suggester_id"])
    suggestions = _table(db, "suggestions")
    suggestions.create(
        {
            "id": int,
            "suggester_id": str,
            "trace_id": str,
            "sentence_idx": int,
            "category": str,
            "confidence": float,
            "batch_id": int,
            "created_at": str,
        },
        pk="id",
        not_null={"suggester_id", "trace_id", "sentence_idx", "category", "created_at"},
        foreign_keys=[
            ("suggester_id", "suggesters", "id"),
            ("trace_id", "traces", "id"),
            ("batch_id", "suggestion_batches", "id"),
        ],
        strict=True,
    )
    suggestions.create_index(["trace_id", "suggester_id", "sentence_idx"], unique=True)
    _table(db, "queues").create(
        {"id": int, "annotator": str, "spec": str, "program": str, "created_at": str, "ended_at": str, "why": str},
        pk="id",
        not_null={"annotator", "spec", "created_at"},
        strict=True,
    )
    _table(db, "queue_items").create(
        {"queue_id": int, "position": int, "trace_id": str, "sentence_idx": int},
        pk=("queue_id", "position"),
        not_null={"trace_id", "sentence_idx"},
        foreign_keys=[("queue_id", "queues", "id"), ("trace_id", "traces", "id")],
        strict=True,
    )
    verdicts = _table(db, "verdict_events")
    verdicts.create(
        {
            "id": int,
            "uid": str,
            "annotator": str,
            "rollout_id": int,
            "behavior": str,
            "kind": str,
            "verdict": str,
            "note": str,
            "target": int,
            "blind": int,
            "seconds": float,
            "ordered_by": str,
            "judge_id": str,
            "program": str,
            "created_at": str,
        },
        pk="id",
        not_null={"uid", "annotator", "rollout_id", "behavior", "kind", "created_at"},
        foreign_keys=[
            ("rollout_id", "rollouts", "id"),
            ("target", "verdict_events", "id"),
            ("judge_id", "judges", "id"),
        ],
        strict=True,
    )
    verdicts.create_index(["uid"], unique=True)
    verdicts.create_index(["annotator", "id"])
    verdicts.create_index(["rollout_id", "behavior", "annotator", "id"])
    _table(db, "merges").create(
        {"id": int, "source": str, "report": str, "program": str, "created_at": str},
        pk="id",
        not_null={"source", "report", "created_at"},
        strict=True,
    )


@migrations()
def m007_deleting(db: Database) -> None:
    """Which process carries a run out, and what was deleted that had been paid for or labelled."""
    _table(db, "runs").add_column("process", str)
    # Without these, each event that goes would have all others looked through for one that refers to it.
    for name in ("label_events", "verdict_events"):
        _table(db, name).create_index(["target"])
    _table(db, "deletions").create(
        {"id": int, "what": str, "rows": str, "backup": str, "program": str, "created_at": str},
        pk="id",
        not_null={"what", "rows", "created_at"},
        strict=True,
    )


MIGRATION_NAMES = frozenset(migration.name for migration in migrations.pending(Database(memory=True)))
