"""The commands: each has a file with its arguments and its function; what they print and do is elsewhere."""

from . import bench, cases, check, compare, draw, explain, export, history, laws, matrix, peers, replay, shrink

COMMANDS = {
    each.COMMAND.name: each.COMMAND
    for each in (check, matrix, laws, explain, cases, peers, replay, compare, history, shrink, draw, export, bench)
}
