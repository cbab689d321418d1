"""The commands that change a batch."""

from __future__ import annotations

from argparse import Namespace

from image_analyzer.client import Client
from image_analyzer.command.exits import Exit
from image_analyzer.command.ids import batch_id_of
from image_analyzer.command.screen import Screen
from image_analyzer.models import Change

VERBS = {
    "start": "start a batch that was held",
    "force-start": "start it also over the limit of batches that run at once",
    "pause": "make no further calls for it",
    "cancel": "end it; what was read stays",
    "restore": "bring back what was removed with --soft",
}


def control(args: Namespace, client: Client, screen: Screen) -> Exit:
    act = getattr(client, args.command.replace("-", "_"))
    return _tell(act(batch_id_of(client, args.batch)), screen)


def resume(args: Namespace, client: Client, screen: Screen) -> Exit:
    return _tell(client.resume(batch_id_of(client, args.batch), max_cost=args.max_cost), screen)


def retry(args: Namespace, client: Client, screen: Screen) -> Exit:
    return _tell(client.retry(batch_id_of(client, args.batch), error_classes=args.error_class), screen)


def clone(args: Namespace, client: Client, screen: Screen) -> Exit:
    source = batch_id_of(client, args.batch)
    made = client.clone(source, new_name=args.name, copy_results=args.with_results)
    screen.data(made.raw)
    screen.say(f"{made.batch_id}  {made.batch_name}: {made.total_urls:,} rows, {made.status}")
    return Exit.OK


def remove(args: Namespace, client: Client, screen: Screen) -> Exit:
    batch_id = batch_id_of(client, args.batch)
    if args.soft:
        return _tell(client.soft_delete(batch_id, retention_days=args.days), screen)
    return _tell(client.delete(batch_id, force=args.force), screen)


def _tell(change: Change, screen: Screen) -> Exit:
    screen.data(change.raw)
    screen.say(change.message or f"{change.batch_id}: {change.status}")
    return Exit.OK
