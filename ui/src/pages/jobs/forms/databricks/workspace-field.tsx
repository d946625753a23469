import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../../../api/client';
import { useField } from '../../../../parts/form/context';
import { monoInput, type FieldProps } from '../../../../parts/form/fields';
import { asText } from '../../../../parts/form/paths';

/** A path of the workspace; what lies in the folder that is being typed is offered. */
export function WorkspaceField({ path, ...rest }: FieldProps) {
  const { value, set, error, fixed } = useField(path);
  const text = asText(value);
  const [folder] = useDebouncedValue(text.startsWith('/') ? text.slice(0, text.lastIndexOf('/')) || '/' : '/', 250);
  const listed = useQuery({
    queryKey: ['workspace', folder],
    queryFn: () => call<{ objects?: { path: string; object_type: string }[] }>('GET', `/api/2.0/workspace/list?path=${encodeURIComponent(folder)}`),
    retry: false,
    staleTime: 30_000,
  });
  const offered = (listed.data?.objects ?? []).map((one) => (one.object_type === 'DIRECTORY' ? `${one.path}/` : one.path));
  return <Autocomplete {...rest} styles={monoInput} data={[...new Set(offered)]} limit={50} value={text} onChange={(next) => set(next === '' && !rest.required ? undefined : next)} error={error} disabled={fixed} comboboxProps={{ withinPortal: true }} />;
}
