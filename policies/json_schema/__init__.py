"""JSON Schema (2020-12, and 2019-09 to draft 4 where they differ) checked in bounded work, whoever
wrote the schema and the value. Pure.
"""
