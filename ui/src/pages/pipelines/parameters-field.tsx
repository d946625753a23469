import { Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Code } from '../../parts/code';
import { objectProblem, positionText } from '../../parts/json-problem';

/** Parameters as JSON: wrong places are marked as they are typed. */
export function ParametersField({ label, hint, value, onChange, refusal }: { label: string; hint: string; value: string; onChange: (text: string) => void; refusal?: string | undefined }) {
  const problem = useMemo(() => objectProblem(value), [value]);
  return (
    <Stack gap={4}>
      <Text size="sm" fw={500}>
        {label}
      </Text>
      <Text size="xs" c="var(--text-muted)">
        {hint}
      </Text>
      <Code value={value} onChange={onChange} language="json" label={label} height={170} problems={problem ? [problem] : []} />
      <Text size="sm" c="var(--state-red)" role="status" mih={21} className="breaks">
        {problem ? `${positionText(value, problem.from)}: ${problem.message}` : (refusal ?? '')}
      </Text>
    </Stack>
  );
}

/** Parameters as they are first shown. */
export const shownParameters = (parameters: unknown): string => JSON.stringify(parameters ?? {}, null, 2);
