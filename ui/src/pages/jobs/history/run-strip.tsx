import { useRef, type KeyboardEvent } from 'react';
import { isEnded } from '../../../api/types';
import { AppLink } from '../../../parts/links';
import { fillOf, lookOf } from '../../../parts/state';
import { durationText, relativeTime, useNow } from '../../../parts/time';
import { runMs, type GridRun } from './grid-data';

/** Runs as bars, oldest first: the height is how long one took, the colour how it ended. One of them is in the order of the Tab key, arrows lead on. */
export function RunStrip({ runs, width, height, onPoint }: { runs: readonly GridRun[]; width: number; height: number; onPoint: (column: number | undefined) => void }) {
  const living = runs.some((run) => !isEnded(run.state));
  return living ? <Ticking runs={runs} width={width} height={height} onPoint={onPoint} /> : <Bars runs={runs} width={width} height={height} onPoint={onPoint} now={0} />;
}

type BarsProps = Parameters<typeof RunStrip>[0];

const Ticking = (props: BarsProps) => <Bars {...props} now={useNow()} />;

function Bars({ runs, width, height, onPoint, now }: BarsProps & { now: number }) {
  const place = useRef<HTMLDivElement>(null);
  const lengths = runs.map((run) => runMs(run, now));
  const most = lengths.reduce<number>((max, ms) => Math.max(max, ms ?? 0), 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const links = [...(place.current?.querySelectorAll('a') ?? [])];
    const here = links.indexOf(document.activeElement as HTMLAnchorElement);
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
  };
  return (
    <div ref={place} role="group" aria-label="Last runs, oldest first" className="strip" style={{ height }} onKeyDown={onKeyDown} onMouseLeave={() => onPoint(undefined)}>
      {runs.map((run, column) => {
        const ms = lengths[column];
        return (
          <AppLink
            key={run.id}
            to="/runs/$runId"
            params={{ runId: String(run.id) }}
            preload={false}
            underline="never"
            className="strip-run"
            style={{ width }}
            tabIndex={column === runs.length - 1 ? 0 : -1}
            aria-label={`Run ${run.number}: ${lookOf(run.state).text}${ms === undefined ? '' : `, ${durationText(ms)}`}, ${relativeTime(run.created_at, Date.now())}`}
            onMouseEnter={() => onPoint(column)}
            onFocus={() => onPoint(column)}
            onBlur={() => onPoint(undefined)}
          >
            <span
              className={isEnded(run.state) ? 'strip-bar' : 'strip-bar strip-bar-open'}
              style={{ height: Math.max(4, Math.round(((ms ?? 0) / most) * (height - 14))), background: fillOf(run.state), color: fillOf(run.state) }}
            />
          </AppLink>
        );
      })}
    </div>
  );
}
