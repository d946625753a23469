import { useLocalStorage } from '@mantine/hooks';

/** Whose things lists show: a user's or team's name, or null for all one may see. Kept by the browser. */
export function useAccount(): [string | null, (account: string | null) => void] {
  const [kept, keep] = useLocalStorage<string>({ key: 'switchyard-account', defaultValue: '', getInitialValueInEffect: false });
  return [kept || null, (account) => keep(account ?? '')];
}
