import { Box, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { answer, api } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import { isTaskEnded } from '../../api/types';
import { failed, told } from '../../parts/actions';
import { AppLink } from '../../parts/links';
import { LogView } from '../../parts/log/log-view';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { AttemptFacts } from './attempt-facts';
import './runs.css';

/** One attempt: its log on the whole height, its facts beside it. */
export function AttemptPage() {
  const { attemptId } = useParams({ from: '/app/attempts/$attemptId' });
  const search = useSearch({ from: '/app/attempts/$attemptId' });
  const navigate = useNavigate();
  const id = Number(attemptId);
  const attempt = useQuery({ queryKey: ['attempt', id], queryFn: () => answer(api.GET('/api/yard/v1/attempts/{id}', { params: { path: { id } } })) });
  const run = useQuery({
    queryKey: ['run-head', attempt.data?.run_id],
    enabled: attempt.data !== undefined,
    staleTime: 60_000,
    queryFn: () => answer(api.GET('/api/yard/v1/runs/{id}/wait', { params: { path: { id: attempt.data!.run_id }, query: { seconds: 0 } } })),
  });
  const again = useThrottled(() => void attempt.refetch(), 1_000);
  useLive((events) => {
    if (events.some((event) => event.attempt_id === id)) again();
  });
  const line = Number(search.line ?? /^#L(\d+)$/.exec(location.hash)?.[1]) || undefined;

  if (attempt.error) return <ErrorBox error={attempt.error} retry={() => void attempt.refetch()} />;
  if (!attempt.data) return <Loading />;
  const one = attempt.data;
  const name = `${one.task}${one.index > 0 || one.input !== undefined ? ` [${one.index}]` : ''}`;
  return (
    <Page
      wide
      title={
        <Group gap="sm">
          {name}
          <StateBadge state={one.state} title={one.reason?.text} />
        </Group>
      }
      tab={`Log of ${name}`}
      eyebrow={
        <>
          <AppLink to="/runs/$runId" params={{ runId: String(one.run_id) }} search={{ task: one.task }}>
            {run.data ? `${run.data.name} #${run.data.number}` : `Run ${one.run_id}`}
          </AppLink>{' '}
          › attempt {one.attempt + 1}
        </>
      }
      actions={
        !isTaskEnded(one.state) && (
          <Button
            variant="default"
            color="red"
            onClick={() => {
              answer(api.POST('/api/yard/v1/attempts/{id}/cancel', { params: { path: { id } } })).then(() => told('Asked to end.'), failed);
            }}
          >
            End this attempt
          </Button>
        )
      }
    >
      <div className="attempt-page">
        <Box className="attempt-log">
          <LogView attemptId={id} label={`Log of ${name}`} state={one.state} line={line} onLine={(to) => void navigate({ to: '/attempts/$attemptId', params: { attemptId }, search: { line: String(to) }, replace: true, resetScroll: false })} />
        </Box>
        <Stack gap="xs" className="attempt-facts">
          <Text fw={650} size="sm">
            Attempt
          </Text>
          <AttemptFacts attempt={one} />
        </Stack>
      </div>
    </Page>
  );
}
