import { Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import { runStates } from '../../api/types';
import { steps } from '../../parts/cells/scale';
import { lookOf, StateIcon } from '../../parts/state';
import { scaleText, wordFills, type Scale } from './matrix';
import type { Point } from './points';

const mostWords = 10;

/** What the colours say. */
export function Legend({ points, scale, output }: { points: readonly Point[]; scale: Scale; output: string | undefined }) {
  const present = useMemo(() => {
    const found = new Set(points.map((point) => point.run.state));
    return runStates.filter((state) => found.has(state));
  }, [points]);
  return (
    <Group gap="md" mih={22}>
      {scale.kind === 'state' &&
        present.map((state) => (
          <Group key={state} gap={4}>
            <StateIcon state={state} size={13} />
            <Text size="xs" c="var(--text-muted)" aria-hidden>
              {lookOf(state).text}
            </Text>
          </Group>
        ))}
      {scale.kind === 'numbers' && (
        <Group gap={6}>
          <Text size="xs" c="var(--text-muted)">
            {scale.by === 'duration' ? 'duration' : output} {scaleText(scale, scale.low)}
          </Text>
          <Group gap={0} aria-hidden>
            {steps.map((step) => (
              <span key={step} style={{ width: 16, height: 12, background: step }} />
            ))}
          </Group>
          <Text size="xs" c="var(--text-muted)">
            {scaleText(scale, scale.high)}
          </Text>
        </Group>
      )}
      {scale.kind === 'words' &&
        scale.words.slice(0, mostWords).map((word, index) => (
          <Group key={word} gap={4} wrap="nowrap">
            <span style={{ width: 12, height: 12, background: wordFills[index] }} aria-hidden />
            <Text size="xs" c="var(--text-muted)" truncate maw={180}>
              {word}
            </Text>
          </Group>
        ))}
      {scale.kind === 'words' && scale.words.length > mostWords && (
        <Text size="xs" c="var(--text-muted)">
          and {scale.words.length - mostWords} more values
        </Text>
      )}
      <Text size="xs" c="var(--text-muted)" ml="auto">
        Click or drag to choose runs, double click to open one
      </Text>
    </Group>
  );
}
