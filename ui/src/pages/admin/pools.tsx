import { Badge, Button, Group, Modal, NumberInput, Progress, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { call } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import { Confirm, told } from '../../parts/actions';
import { executors } from '../../parts/executors';
import { ErrorBox, Loading } from '../../parts/page';

interface Resources {
  slots: number;
  cpu_millis: number;
  memory_mb: number;
  gpus: number;
}

/** Where what runs in a pool runs, and where a cluster queues it. */
interface Placement {
  executor?: string;
  partition?: string;
  account?: string;
  qos?: string;
}

interface Pool extends Placement {
  name: string;
  guaranteed_percent: number;
  max_percent: number;
  used: Resources;
  total: Resources;
  running: number;
  waiting: number;
}

/** A virtual cluster of the OpenPAI dialect: the API that changes pools. */
interface Cluster {
  capacity: number;
  maxCapacity: number;
  state: 'running' | 'stopped';
}

export const clustersQuery = queryOptions({ queryKey: ['pools', 'clusters'], queryFn: () => call<Record<string, Cluster>>('GET', '/api/v1/virtual-clusters') });

const poolsQuery = queryOptions({ queryKey: ['pools'], queryFn: async () => (await call<{ pools: Pool[] }>('GET', '/api/yard/v1/pools')).pools });

/** Pools: shares of this server’s capacity, how much of each is in use now, and their shares to edit. */
export function Pools() {
  const client = useQueryClient();
  const pools = useQuery(poolsQuery);
  const clusters = useQuery(clustersQuery);
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['pools'] }), 1500);
  useLive(again);
  const [opened, { open, close }] = useDisclosure();
  if (pools.error) return <ErrorBox error={pools.error} retry={() => void pools.refetch()} />;
  if (!pools.data) return <Loading rows={3} height={120} />;
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="var(--text-muted)" maw={700}>
          A pool is guaranteed its share of the capacity and may borrow up to its maximum while others leave theirs unused. Shares are taken from the pool “default”, and go back to it. OpenPAI calls pools virtual clusters.
        </Text>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          New pool
        </Button>
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {pools.data.map((pool) => (
          <PoolCard key={pool.name} pool={pool} cluster={clusters.data?.[pool.name]} />
        ))}
      </SimpleGrid>
      <Modal opened={opened} onClose={close} title="New pool" centered>
        <Shares done={close} />
      </Modal>
    </Stack>
  );
}

function PoolCard({ pool, cluster }: { pool: Pool; cluster: Cluster | undefined }) {
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const [placing, { open: place, close: placed }] = useDisclosure();
  const isDefault = pool.name === 'default';
  const isStopped = cluster?.state === 'stopped';
  const changed = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['pools'] });
  };
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={`Pool ${pool.name}`}>
      <Group justify="space-between">
        <Group gap="xs">
          <Title order={2}>{pool.name}</Title>
          {isStopped && (
            <Badge color="orange" variant="outline" tt="none">
              takes no jobs
            </Badge>
          )}
        </Group>
        <Group gap={6}>
          <Button size="compact-sm" variant="default" onClick={place}>
            Where it runs
          </Button>
          {!isDefault && (
            <Button size="compact-sm" variant="default" onClick={open}>
              Shares
            </Button>
          )}
          {!isDefault && cluster && (
            <Confirm
              size="compact-sm"
              color="orange"
              label={isStopped ? 'Open' : 'Close'}
              title={isStopped ? `Open ${pool.name}?` : `Close ${pool.name}?`}
              explain={isStopped ? 'It takes jobs again.' : 'It takes no new jobs; what it has goes on.'}
              confirm={isStopped ? 'Open' : 'Close'}
              action={async () => {
                await call('PUT', `/api/v1/virtual-clusters/${pool.name}/status`, { vcStatus: isStopped ? 'running' : 'stopped' });
                await changed();
              }}
            />
          )}
          {!isDefault && (
            <Confirm
              size="compact-sm"
              label="Delete"
              title={`Delete the pool ${pool.name}?`}
              explain="Its share goes back to “default”. It is refused while jobs are in it."
              confirm="Delete"
              action={async () => {
                await call('DELETE', `/api/v1/virtual-clusters/${pool.name}`);
                told(`The pool ${pool.name} is deleted.`);
                await changed();
              }}
            />
          )}
        </Group>
      </Group>
      <Text size="sm" c="var(--text-muted)">
        Guaranteed {pool.guaranteed_percent}% · at the most {pool.max_percent}% · {pool.running} running, {pool.waiting} waiting
        {placementText(pool) && ` · ${placementText(pool)}`}
      </Text>
      <Bar label="Slots" used={pool.used.slots} total={pool.total.slots} />
      <Bar label="Processors" used={pool.used.cpu_millis / 1000} total={pool.total.cpu_millis / 1000} />
      <Bar label="Memory" used={pool.used.memory_mb / 1024} total={pool.total.memory_mb / 1024} unit=" GiB" />
      {pool.total.gpus > 0 && <Bar label="GPUs" used={pool.used.gpus} total={pool.total.gpus} />}
      <Modal opened={opened} onClose={close} title={`Shares of ${pool.name}`} centered>
        <Shares pool={pool} done={close} />
      </Modal>
      <Modal opened={placing} onClose={placed} title={`Where ${pool.name} runs`} centered>
        <PlacementForm pool={pool} done={placed} />
      </Modal>
    </Stack>
  );
}

/** Where a pool runs, in words; nothing where it is as the server has it. */
function placementText({ executor, partition, account, qos }: Placement): string {
  const queue = [partition && `partition ${partition}`, account && `account ${account}`, qos && `QOS ${qos}`].filter(Boolean);
  return [executor && `runs as ${executors.find(({ value }) => value === executor)?.label ?? executor}`, ...queue].filter(Boolean).join(', ');
}

/** A form about a pool: sends, says what was refused, and is done when it was taken. */
function PoolForm({ send, done, children }: { send: () => Promise<unknown>; done: () => void; children: ReactNode }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    send()
      .then(async () => {
        await client.invalidateQueries({ queryKey: ['pools'] });
        done();
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={save}>
      {problem !== undefined && <ErrorBox error={problem} />}
      {children}
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}

function PlacementForm({ pool, done }: { pool: Pool; done: () => void }) {
  // An empty text takes one away.
  const [next, setNext] = useState<Required<Placement>>({ executor: pool.executor ?? '', partition: pool.partition ?? '', account: pool.account ?? '', qos: pool.qos ?? '' });
  const text = (member: 'partition' | 'account' | 'qos', label: string) => <TextInput label={label} value={next[member]} onChange={(event) => setNext({ ...next, [member]: event.currentTarget.value })} />;
  return (
    <PoolForm send={() => call('PATCH', `/api/yard/v1/pools/${encodeURIComponent(pool.name)}`, next)} done={done}>
      <Select
        label="Its tasks are"
        description="A task may say otherwise."
        data={[{ value: '', label: 'what the server’s settings say' }, ...executors]}
        value={next.executor}
        onChange={(executor) => setNext({ ...next, executor: executor ?? '' })}
        allowDeselect={false}
      />
      {text('partition', 'Partition of the Slurm cluster')}
      {text('account', 'Account')}
      {text('qos', 'QOS')}
    </PoolForm>
  );
}

/** How much of something is in use, as a bar and in numbers. */
export function Bar({ label, used, total, unit = '' }: { label: string; used: number; total: number; unit?: string }) {
  const percent = total > 0 ? Math.min(100, (used / total) * 100) : 0;
  const text = `${number(used)} of ${number(total)}${unit}`;
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="xs">{label}</Text>
        <Text size="xs" className="tabular" c="var(--text-muted)">
          {text}
        </Text>
      </Group>
      <Progress.Root size="md" mt={2}>
        <Progress.Section value={percent} color={percent > 95 ? 'orange' : 'rail'} aria-label={`${label}: ${text}`} />
      </Progress.Root>
    </div>
  );
}

const number = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 1 });

function Shares({ pool, done }: { pool?: Pool; done: () => void }) {
  const [name, setName] = useState(pool?.name ?? '');
  const [least, setLeast] = useState<number | string>(pool?.guaranteed_percent ?? 10);
  const [most, setMost] = useState<number | string>(pool?.max_percent ?? 10);
  return (
    <PoolForm send={() => call('PUT', `/api/v1/virtual-clusters/${encodeURIComponent(name)}`, { vcCapacity: Number(least), vcMaxCapacity: Number(most) })} done={done}>
      {!pool && <TextInput label="Name" description="Letters, digits and “_”." value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />}
      <NumberInput label="Guaranteed (percent)" description="Taken from “default”." min={0} max={100} value={least} onChange={setLeast} required />
      <NumberInput label="At the most (percent)" min={0} max={100} value={most} onChange={setMost} required />
    </PoolForm>
  );
}
