"""The words of simcord's page in the language of Discord, and none of its own about previews.

simcord writes its words into its page and scripts. They are replaced on the way to the browser. Each is given with its
quotes, or with the code around it where a word alone could mean anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.language import Text
from sandbox.demo.page import texts

QUOTES = '"`'
TEXT = "\N{SYMBOL FOR SUBSTITUTE}"
"""Marks the text's place in the code around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What simcord writes, and the text in its place.

    `code` is what replaces it, with TEXT for the text: by default the text in simcord's own quotes. `values` are
    the expressions in a template's places.
    """

    theirs: str
    text: Text | None
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def ours(self) -> str:
        """Return what replaces it, in the current language."""
        around = self.code or (f"{self.theirs[0]}{TEXT}{self.theirs[0]}" if self.theirs[0] in QUOTES else TEXT)
        if self.text is None:
            return around.replace(TEXT, "")
        if not self.values:
            said = str(self.text)
        else:
            said = self.text(**{name: f"${{{expression}}}" for name, expression in self.values.items()})
        return around.replace(TEXT, json.dumps(said, ensure_ascii=False)[1:-1].replace("`", "\\`"))


def _same(text: Text | None, *theirs: str) -> tuple[Word, ...]:
    return tuple(Word(theirs=each, text=text) for each in theirs)


WORDS: Mapping[str, tuple[Word, ...]] = {
    "/": (
        Word(theirs="<title>SimCord Preview</title>", text=None, code="<title>cannon-bot demo</title>"),
        Word(
            theirs='<span class="brand-mark" aria-hidden="true">S</span>', text=None,
            code='<img class="demo-mark" src="/favicon.ico" alt="">',
        ),
        Word(theirs="<strong>SimCord</strong><small>Preview</small>", text=texts.DEMO_NOTE,
             code=f"<strong>cannon-bot</strong><small>{TEXT}</small>"),
        Word(theirs='aria-label="SimCord preview"', text=None, code='aria-label="cannon-bot demo"'),
        Word(theirs=">Viewing as\n", text=texts.VIEWING_AS, code=f">{TEXT}\n"),
        Word(theirs='aria-label="Viewing as"', text=texts.VIEWING_AS, code=f'aria-label="{TEXT}"'),
        Word(theirs='aria-label="Preview viewport"', text=texts.CONVERSATION, code=f'aria-label="{TEXT}"'),
        Word(theirs='aria-label="Conversation"', text=texts.CONVERSATION, code=f'aria-label="{TEXT}"'),
        Word(theirs='aria-label="Dialog"', text=texts.FORM, code=f'aria-label="{TEXT}"'),
        Word(theirs=">Load earlier messages<", text=texts.EARLIER_MESSAGES, code=f">{TEXT}<"),
        Word(theirs=">New messages · jump to latest<", text=texts.NEW_MESSAGES, code=f">{TEXT}<"),
        Word(theirs=">Newer messages<", text=texts.NEWER_MESSAGES, code=f">{TEXT}<"),
        Word(theirs=">No messages in this channel.<", text=texts.NO_MESSAGES, code=f">{TEXT}<"),
        Word(theirs='for="channel-composer-input">Message<', text=texts.MESSAGE,
             code=f'for="channel-composer-input">{TEXT}<'),
        # A loaded page begins with an empty field.
        Word(theirs='placeholder="Message"', text=texts.MESSAGE, code=f'autocomplete="off" placeholder="{TEXT}"'),
        Word(theirs='aria-label="Cancel reply"', text=texts.CANCEL_REPLY, code=f'aria-label="{TEXT}"'),
        Word(theirs='type="submit">Send<', text=texts.SEND, code=f'type="submit">{TEXT}<'),
    ),
    "/actions.js": (
        # What is done shows by itself.
        *_same(None, '"Updating message results…"', '"Updating options…"', '"Sending message…"', '"Saving message…"',
               '"Deleting message…"', '"Switching viewer…"', '"Opening message…"', '"Updating preview…"',
               '"Updating viewport…"', '"Loading conversation…"', '"Completing action…"', '"Message sent"',
               '"Message updated"', '"Message deleted"', '"Reaction updated"', '"Poll updated"', '"Pin updated"',
               '"Viewer switched"', '"Message opened"', '"Conversation updated"', '"Preview refreshed"',
               '"Viewport updated"', '"Message results updated"', '"Options updated"', '"Callback completed"',
               '"Action completed"', '"Action is awaiting a confirmed result."', '"Preview ready"',
               '"Loading preview…"'),
        *_same(texts.NO_ANSWER, '"Action was not completed."'),
        *_same(texts.UNCERTAIN, '"Action outcome uncertain. It will not be retried."',
               '"Preview session is unavailable. Reload the active Preview URL."'),
        *_same(texts.INTERRUPTED, '"Connection interrupted; trying again…"'),
        *_same(texts.ENDED, '"Preview session ended."'),
        *_same(texts.CANNOT_SEE, '"Access to this preview is unavailable."'),
    ),
    "/app.js": (
        *_same(texts.UNCERTAIN, '"Preview session is unavailable. Reload the active Preview URL."',
               '"Preview protocol 3 is required; reload this page."'),
        *_same(texts.ENDED, '"Preview session closed."'),
    ),
    "/connection.js": (
        *_same(None, '"Connection restored."'),
        *_same(texts.UNCERTAIN, '"Action outcome is uncertain; it will not be retried."'),
        *_same(texts.INTERRUPTED, '"Connection lost; polling will continue."'),
    ),
    "/diagnostics.js": (*_same(None, '"Preview error."', '"Preview diagnostic."'),),
    "/surfaces.js": (*_same(texts.CONFIRM_DELETE, '"Delete this message? This cannot be undone."'),),
    "/messages.js": (
        *_same(texts.ONLY_YOU, '"Only you can see this"'),
        *_same(texts.THINKING, '"Thinking…"'),
        Word(theirs='" (edited)"', text=texts.EDITED, code=f'" {TEXT}"'),
        *_same(texts.EDITED, '"(edited)"'),
        Word(theirs="`Edited ${absoluteTime(", text=None, code="`${absoluteTime("),
        *_same(texts.REPLY, '"Reply"'),
        *_same(texts.EDIT, '"Edit"'),
        *_same(texts.DELETE, '"Delete"'),
        *_same(texts.UNPIN, '"Unpin"'),
        *_same(texts.PIN, '"Pin"'),
        *_same(texts.UNKNOWN_AUTHOR, '"Unknown author"'),
        Word(theirs="`${invoker} used `", text=texts.USED, code=f"`{TEXT} `", values={"name": "invoker"}),
        Word(theirs='`Actions for ${message.author?.name || "message"}`', text=texts.MESSAGE_ACTIONS,
             code=f'"{TEXT}"'),
        Word(theirs="`${filename} unavailable`", text=texts.UNAVAILABLE, values={"name": "filename"}),
        *_same(texts.FORWARDED, '"Forwarded"'),
    ),
    "/composer.js": (
        *_same(texts.EDIT_MESSAGE, '"Edit message"'),
        *_same(texts.COMMANDS_ONLY, '"You can use application commands here"'),
        Word(theirs="`Message ${channel.glyph}${channel.name}`", text=texts.MESSAGE_TO,
             values={"channel": "channel.glyph}${channel.name"}),
        Word(theirs="`Editing message ${state.editTargetId}`", text=texts.EDITING, code=f'"{TEXT}"'),
        Word(theirs="`Replying to message ${state.replyToId}`", text=texts.REPLYING, code=f'"{TEXT}"'),
        *_same(texts.CANCEL_EDIT, '"Cancel edit"'),
        *_same(texts.CANCEL_REPLY, '"Cancel reply"'),
        Word(theirs='"aria-label", sendLabel', text=texts.SEND, code=f'"aria-label", "{TEXT}"'),
        Word(theirs="`${sendLabel} message (Enter)`", text=texts.SEND, code=f'"{TEXT}"'),
    ),
    "/commands.js": (
        Word(theirs='{ user: "MEMBERS", mentionable: "MEMBERS"', text=texts.MEMBERS,
             code=f'{{ user: "{TEXT}", mentionable: "{TEXT}"'),
        *_same(texts.ROLES, '"ROLES"'),
        *_same(texts.CHANNELS, '"CHANNELS"'),
        *_same(texts.OPTIONS, '"OPTIONS"', "`OPTIONS MATCHING ${current.toUpperCase()}`",
               "`OPTIONS MATCHING ${field.value.toUpperCase()}`", "`OPTIONS MATCHING ${input.value.toUpperCase()}`"),
        *_same(texts.COMMANDS, '"COMMANDS"', '"Application commands"'),
        *_same(texts.LOADING_COMMANDS, '"Loading commands"'),
        *_same(texts.NO_COMMANDS, '"Commands are unavailable"'),
        *_same(texts.MORE_COMMANDS, '"Some commands are not shown"'),
        *_same(texts.CLOSE, '"Exit command mode"'),
        *_same(texts.NO_OPTIONS, '"Loading options failed"'),
        *_same(texts.NO_MATCH, '"No options match"'),
        *_same(texts.REQUIRED, '"This field is required."', "`${missing.length} required options missing`"),
        *_same(texts.BAD_LENGTH, '"Value length is outside the allowed range."'),
        *_same(texts.BAD_RANGE, '"Value is outside the allowed range."', '"Integer is outside the safe range."'),
        *_same(texts.CHOOSE_ONE, '"Choose an available option."'),
        *_same(texts.BAD_VALUE, '"Enter a valid value."'),
        *_same(texts.BAD_FILE_TYPE, '"This file type is not allowed."'),
        *_same(texts.FILE_TOO_LARGE, '"File exceeds the 10 MiB per-file limit."'),
        *_same(texts.FILES_TOO_LARGE, '"Uploads exceed the 25 MiB aggregate limit."'),
        *_same(texts.CHOOSE_FILE, '"Choose file"'),
        *_same(texts.COMMAND_GONE, '"This command is no longer available. Exit command mode to continue."'),
        Word(theirs="`+${optional} optional`", text=texts.OPTIONAL, values={"count": "optional"}),
        Word(theirs='`+${remaining} ${displayed.length ? "more" : "options"}`', text=texts.MORE_OPTIONS,
             values={"count": "remaining"}),
        Word(theirs='"+ options"', text=texts.OPTIONS, code=f'"+ {TEXT}"'),
        Word(theirs="`Remove ${option.name} option`", text=texts.REMOVE_NAMED, values={"name": "option.label"}),
        # The name that Discord shows, of sandbox/demo/page/markup.py; simcord finds an option by its `name`.
        *(Word(theirs=theirs, text=None, code=ours) for theirs, ours in (
            ('"command-pill-label", option.name', '"command-pill-label", option.label'),
            ("{ name: option.name, value: option.name,", "{ name: option.label, value: option.name,"),
            ("[focused.name, focused.description", "[focused.label, focused.description"),
            ("`${option.name}: ${mention.textContent}; edit`", "`${option.label}: ${mention.textContent}`"),
            ("`${option.name} attachment${", "`${option.label}${"),
            ('`${option.name}${option.required ? ", required" : ""}`', "option.label"),
            ('(value?.raw ?? "")', '((option.choices?.length ? value?.label : null) ?? value?.raw ?? "")'),
            ("`/${entry.invocation}; ${required.length} required options missing`", "`/${entry.invocation}`"),
        )),
        Word(theirs="`Remove ${value.file.name}`", text=texts.REMOVE_NAMED, values={"name": "value.file.name"}),
        Word(theirs="`Show ${identity.name} commands`", text=texts.COMMANDS, code=f'"{TEXT}"'),
    ),
    "/selects.js": (
        *_same(texts.SELECT_ONE, '"Select an option"'),
        *_same(texts.SELECT_SOME, '"Select one or more options"'),
        *_same(texts.CLEAR, '"Clear selection"'),
        *_same(texts.SEARCH, '"Search options"'),
        *_same(texts.PREVIOUS, '"Previous"'),
        *_same(texts.NEXT_PAGE, '"Next"'),
        *_same(texts.LOADING, '"Loading options"', '"Checking access to saved selections."'),
        *_same(texts.NO_MATCH, '"Options unavailable"', '"No matching options"', '"No available options"'),
        *_same(None, '"SimCord selection draft"', "`${entries.length} options on this page`"),
        *_same(texts.SELECT_SOME, '"SimCord selection draft actions"'),
        *_same(texts.APPLY, '"Apply"'),
        *_same(texts.CANCEL, '"Cancel"'),
        Word(theirs="`${selected.length} selected. Choose ${minimum}\N{EN DASH}${maximum} options.`",
             text=texts.CHOOSE_SOME, values={"minimum": "minimum", "maximum": "maximum"}),
    ),
    "/select-drafts.js": (
        # It says so of a picker whose message has changed: it takes it for the one that was in its place.
        *_same(None, '"One or more selected options are no longer available."'),
        *_same(texts.WAIT, '"Wait for the current action to finish before applying."'),
        Word(theirs='`Choose at least ${minimum} option${minimum === 1 ? "" : "s"}.`', text=texts.AT_LEAST,
             values={"count": "minimum"}),
        Word(theirs="`Choose no more than ${maximum} options.`", text=texts.AT_MOST, values={"count": "maximum"}),
    ),
    "/modal.js": (
        *_same(texts.REQUIRED, '"This field is required."', '"Choose at least one value."'),
        Word(theirs="`Enter at least ${component.min_length} characters.`", text=texts.LONGER,
             values={"count": "component.min_length"}),
        Word(theirs="`Enter no more than ${component.max_length} characters.`", text=texts.SHORTER,
             values={"count": "component.max_length"}),
        Word(theirs="`Choose at least ${minimum} value(s).`", text=texts.AT_LEAST, values={"count": "minimum"}),
        Word(theirs="`Choose no more than ${maximum} value(s).`", text=texts.AT_MOST, values={"count": "maximum"}),
        *_same(texts.CHOOSE_FILE, '"Choose a valid file."'),
        Word(theirs="`${file.name} exceeds the 10 MiB per-file limit.`", text=texts.FILE_TOO_LARGE,
             code=f'"{TEXT}"'),
        *_same(texts.FILES_TOO_LARGE, '"Uploads exceed the 25 MiB aggregate limit."'),
        *_same(texts.CHOOSE_ONE, '"Choose one option."', '"Choose an available option."',
               '"Choose a valid checkbox value."'),
    ),
    "/components.js": (
        *_same(texts.CANCEL, '"Cancel"'),
        *_same(texts.SUBMIT, '"Submit"'),
        *_same(texts.CLOSE, '"Close modal"'),
        *_same(texts.FORM, '"Dialog"'),
        Word(
            theirs='`This form will be submitted to ${modal.application_name || "this application"}. '
            'Do not share passwords or other sensitive information.`',
            text=texts.FORM_GOES_TO, values={"name": "modal.application_name"},
        ),
        Word(theirs='"Drop files here or "', text=texts.DROP_FILES, code=f'"{TEXT} "'),
        *_same(texts.BROWSE, '"browse"'),
        Word(theirs="`Upload up to ${component.max_values ?? 1} files, 10 MiB per file.`", text=texts.UPLOAD_LIMIT,
             values={"count": "component.max_values ?? 1"}),
        Word(theirs="`Remove ${file.name}`", text=texts.REMOVE_NAMED, values={"name": "file.name"}),
        *_same(texts.UNAVAILABLE_LINK, '"Unavailable link"'),
        *_same(texts.PICTURE_ALT, '"Thumbnail"', "`Gallery item ${index + 1}`"),
        *_same(texts.ATTACHED_FILE, '"Attached file"'),
        *_same(None, '"Embed author icon"', '"Embed footer icon"'),
    ),
    "/media.js": (
        *_same(texts.PICTURE_ALT, '"Image preview"', '"Preview media"', '"Image; use arrow keys to pan when zoomed"'),
        *_same(texts.CLOSE, '"Close image preview"'),
        *_same(texts.ZOOM, '"Zoom image"'),
        *_same(texts.FIT, '"Fit image"'),
        *_same(texts.PREVIOUS, '"Previous image"'),
        *_same(texts.NEXT_PAGE, '"Next image"'),
        *_same(texts.OPEN_ORIGINAL, '"Open original image"'),
        *_same(texts.UNKNOWN_AUTHOR, '"Unknown author"'),
        Word(theirs='`Open ${label || "image"} in image preview`', text=texts.OPEN_PICTURE, code=f'"{TEXT}"'),
        Word(theirs='`${label || "Media"} unavailable`', text=texts.UNAVAILABLE, values={"name": "label"}),
        Word(theirs="`Download ${label}`", text=texts.DOWNLOAD, values={"name": "label"}),
        *_same(None, '"Voice message waveform"'),
        Word(theirs="`Reveal ${label} spoiler`", text=texts.REVEAL, code=f'"{TEXT}"'),
    ),
    "/text.js": (*_same(texts.REVEAL, '"Reveal spoiler"'),),
}  # fmt: skip
"""What is replaced, by the path of the page or script."""


def worded(path: str, source: str) -> str:
    """Return simcord's page or script in the current language. Raises ValueError if simcord has changed it."""
    for word in WORDS.get(path, ()):
        if word.theirs not in source:
            raise ValueError(f"simcord's {path} has no {word.theirs!r}")
        source = source.replace(word.theirs, word.ours())
    return source
