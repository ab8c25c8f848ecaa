"""Studies as annotators and owners see them."""

from collections.abc import Mapping, Sequence

from gemrec.campaigns import FEWEST_UNITS, Influence, Place, Quality, Status
from gemrec.records import CampaignState, Outcome
from gemrec.ui.widgets.text import count, percent, plain

_MINUTE = 60


def markdown(text: str) -> str:
    """Markdown as HTML; HTML in it is shown as text, images and links to scripts are left out."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only where there are instructions

    reader = MarkdownIt("commonmark", {"html": False}).disable("image").enable("table")
    return str(reader.render(text))


def study_banner(place: Place) -> str:
    """What stands above the stage while somebody works on a study."""
    spec = place.spec
    # Outcomes that the study does not ask for have no button.
    hidden = [f"#vote-{o}" for o in Outcome if not spec.allows(o) and o is not Outcome.RANKING]
    style = f"<style>{', '.join(hidden)} {{ display: none !important; }}</style>" if hidden else ""
    help_ = ""
    if spec.instructions:
        help_ = (
            "<details><summary>Instructions</summary>"
            f'<div class="g-markdown">{markdown(spec.instructions)}</div></details>'
        )
    return (
        f'<div class="g-study">{style}<b>{plain(spec.title)}</b>'
        f'<span class="g-soft">{plain(_so_far(place))}</span>{help_}</div>'
    )


def _so_far(place: Place) -> str:
    if place.most is not None:
        return f"{place.answered:,} judged (at most {place.most:,})"
    return f"{place.answered:,} judged"


def study_list(places: Sequence[Place]) -> str:
    """The studies that are open to a person."""
    if not places:
        return (
            '<div class="g-empty"><h2>No studies at the moment</h2><p>When an owner starts one, its '
            "items wait for you here.</p></div>"
        )
    return f'<div class="g-studies">{"".join(map(_card, places))}</div>'


def _card(place: Place) -> str:
    spec = place.spec
    is_open = place.campaign.state is CampaignState.OPEN
    is_done = not place.waiting and (
        place.left == 0 or (place.most is not None and place.answered >= place.most)
    )
    go = "Continue" if place.answered or place.waiting else "Begin"
    if not is_open:
        act = '<span class="g-tag g-quiet">Paused by its owner</span>'
    elif is_done:
        act = '<span class="g-tag">Done, thank you</span>'
    else:
        act = (
            f'<button type="button" class="g-quiet-button g-begin" data-study="{plain(spec.id)}">'
            f"{go}</button>"
        )
    text = (
        f'<div class="g-markdown">{markdown(spec.instructions)}</div>' if spec.instructions else ""
    )
    left = f"{count(place.left, 'item')} {'needs' if place.left == 1 else 'need'} judgements"
    return (
        f'<section class="g-study-card"><header><h2>{plain(spec.title)}</h2>{act}</header>{text}'
        f'<p class="g-soft">By you: {plain(_so_far(place))}; {left}.</p></section>'
    )


def consent_panel(text: str) -> str:
    """What people read and agree to before their first vote."""
    return (
        '<div class="g-empty g-consent"><h2>Before your first vote</h2>'
        f'<div class="g-markdown">{markdown(text)}</div>'
        '<button type="button" class="g-quiet-button g-begin" data-consent>I agree</button></div>'
    )


def your_data(consent: str, how: str) -> str:
    """Download and deletion, for the person who looks."""
    becomes = "become anonymous" if how == "anonymise" else "are deleted"
    agreed = (
        f'<details><summary>What you agreed to</summary><div class="g-markdown">{markdown(consent)}'
        "</div></details>"
        if consent
        else ""
    )
    return (
        f'<section class="g-your-data"><h2>Your data</h2>{agreed}<p class="g-soft">Votes, remarks and '
        "what you told about your taste, under a random id in a cookie. No network addresses are kept."
        '</p><p class="g-acts"><a class="g-quiet-button" href="my-data" download="my-gemrec-data.json">'
        'Download my data</a><button type="button" class="g-quiet-button" data-forget>'
        f'Delete my data</button></p><p class="g-soft">If you delete it, your votes {becomes}; your name, '
        "your own prompts with their images, and exports that hold them are removed.</p></section>"
    )


def status_cards(statuses: Sequence[Status], names: dict[str, str]) -> str:
    """All studies for their owner."""
    if not statuses:
        return (
            '<div class="g-empty"><h2>No studies yet</h2><p>Write a specification and create one '
            "below.</p></div>"
        )
    return f'<div class="g-studies">{"".join(_status(s, names) for s in statuses)}</div>'


def _status(status: Status, names: dict[str, str]) -> str:
    progress = status.progress
    fraction = progress.answered / progress.wanted if progress.wanted else 1.0
    facts = [
        f"{progress.complete:,} of {count(progress.items, 'item')} complete",
        f"{progress.answered:,} of {progress.wanted:,} judgements",
    ]
    if progress.held:
        facts.append(f"{progress.held:,} being judged")
    if progress.lapsed:
        facts.append(f"{count(progress.lapsed, 'item')} left without a vote")
    if progress.broken:
        facts.append(f"{count(progress.broken, 'item')} set aside")
    if status.time_left:
        facts.append(f"done in about {_duration(status.time_left)} at this pace")
    people = "".join(
        f"<tr><th scope='row'>{plain(names.get(s.annotator_id, '') or s.annotator_id[:8])}</th>"
        f"<td class='g-n'>{s.answered:,}</td><td class='g-n'>{s.skipped:,}</td>"
        f"<td class='g-n'>{s.golds - s.wrong}/{s.golds}</td>"
        f"<td>{'<span class=g-tag>Check gold</span>' if s.annotator_id in status.flagged else ''}</td></tr>"
        for s in status.standings
    )
    table = (
        "<table><thead><tr><th>Annotator</th><th class='g-n'>Judged</th><th class='g-n'>Skipped</th>"
        f"<th class='g-n'>Gold right</th><th></th></tr></thead><tbody>{people}</tbody></table>"
        if people
        else ""
    )
    return (
        f'<section class="g-study-card g-board"><header><h2>{plain(status.spec.title)}</h2>'
        f'<span class="g-tag g-quiet">{status.campaign.state}</span></header>'
        f'<div class="g-progress"><span style="width:{percent(fraction)}"></span></div>'
        f'<p class="g-soft">{plain("; ".join(facts))}.</p>{table}</section>'
    )


def quality_table(quality: Quality, names: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Measures with intervals, n and sentences; then the least reliable people.

    Args:
        quality: The report.
        names: Name per annotator id, where there is one.
        titles: Name per model id; ids stand in for missing ones.
    """
    rows = "".join(
        f"<tr><th scope='row'>{plain(m.name)}</th><td class='g-n g-rating'>{_number(m.value)}</td>"
        f"<td class='g-n'>{'' if m.low is None else f'{_number(m.low)} to {_number(m.high)}'}</td>"
        f"<td class='g-n'>{m.n:,}</td><td>{plain(m.meaning)}</td></tr>"
        for m in quality.measures
    )
    people = "".join(
        f"<tr><th scope='row'>{plain(names.get(p.annotator, '') or p.annotator[:8])}</th>"
        f"<td class='g-n g-rating'>{p.skill:.2f}</td><td class='g-n'>{p.low:.2f} to {p.high:.2f}</td>"
        f"<td class='g-n'>{p.n:,}</td></tr>"
        for p in quality.people[:10]
    )
    head = "<th>{}</th><th class='g-n'>Value</th><th class='g-n'>95%</th><th class='g-n'>n</th>"
    model = (
        "<p class='g-soft'>Reliability: one-coin Dawid-Skene (Zhang et al. 2016); shown, never applied "
        f"to the board. Of people with {FEWEST_UNITS} and more items that others judged too.</p><table>"
        f"<thead><tr>{head.format('Least reliable')}</tr></thead><tbody>{people}</tbody></table>"
        if people
        else ""
    )
    influence = "".join(
        f"<tr><th scope='row'>{plain(names.get(one.annotator, '') or one.annotator[:8])}</th>"
        f"<td class='g-n g-rating'>{one.swaps:,}</td><td class='g-n'>{_signed(one.rise)}</td>"
        f"<td class='g-n'>{one.votes:,.0f}</td><td>{_without(one, titles)}</td></tr>"
        for one in quality.influence[:10]
    )
    if influence:
        model += (
            "<p class='g-soft'>The board without each person; shown, never applied.</p><table><thead><tr>"
            "<th>Most influence</th><th class='g-n'>Swaps</th><th class='g-n'>Logits</th>"
            f"<th class='g-n'>Votes</th><th>What it says</th></tr></thead><tbody>{influence}</tbody></table>"
        )
    return (
        f"<div class='g-board g-quality'><table><thead><tr>{head.format('Measure')}<th>What it says</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>{model}</div>"
    )


def _without(one: Influence, titles: Mapping[str, str]) -> str:
    """What would change without a person."""
    way = "rise" if one.rise > 0 else "fall"
    pairs = count(one.swaps, "pair")
    return (
        f"Without them {pairs} of models would change places; "
        f"{plain(titles.get(one.model, one.model))} would {way} most."
    )


def _number(value: float | None) -> str:
    return "" if value is None else _minus(f"{value:.2f}")


def _signed(value: float) -> str:
    return _minus(f"{value:+.2f}")


def _minus(number: str) -> str:
    return number.replace("-", "−")  # noqa: RUF001 - as wide as a digit


def _duration(seconds: float) -> str:
    minutes = seconds / _MINUTE
    if minutes < 1.5:
        return "a minute"
    if minutes < 120:
        return f"{minutes:.0f} minutes"
    return f"{minutes / 60:.0f} hours" if minutes < 60 * 48 else f"{minutes / 60 / 24:.0f} days"
