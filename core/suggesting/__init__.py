"""Suggesting categories for sentences, by a model or by the nearest sentence that has a label; no suggestion is one."""
