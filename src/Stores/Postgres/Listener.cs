using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Npgsql;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>
/// Hears what servers say to each other, on a connection of its own that is made anew when it breaks. Now and then it looks by itself whether there is
/// something that nobody told, and whether the connection lives.
/// </summary>
internal sealed class Listener(NpgsqlDataSource source, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The channel all servers listen on.</summary>
    public const string Channel = "switchyard";

    private static readonly StoreSignal Everything = new(StoreSignal.All, 0);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Ear> _ears = [];
    private readonly CancellationTokenSource _closing = new();
    private Task? _work;
    private bool _connected;
    private long _lastEvent;

    public static string Write(StoreSignal signal) => string.Create(CultureInfo.InvariantCulture, $"{signal.Subject}:{Texts.Write(signal.Kind)}");

    /// <summary>What is said from now on.</summary>
    public async IAsyncEnumerable<StoreSignal> Hear([EnumeratorCancellation] CancellationToken stop)
    {
        var ear = new Ear();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(PostgresStore));
            _ears.Add(ear);
            // Without a connection this comes with the connection.
            if (_connected)
                ear.Hear(Everything);
            _work ??= Task.Run(Work, CancellationToken.None);
        }

        try
        {
            await foreach (var signal in ear.Heard(stop).ConfigureAwait(false))
                yield return signal;
        }
        finally
        {
            lock (_lock)
                _ears.Remove(ear);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? work;
        lock (_lock)
        {
            _closing.Cancel();
            work = _work;
            foreach (var ear in _ears)
                ear.Close();
        }

        if (work is not null)
            await work.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task Work()
    {
        var stop = _closing.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var connection = await source.OpenConnectionAsync(stop).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                    await Listen(connection, stop).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is OperationCanceledException or NpgsqlException or IOException or TimeoutException or InvalidOperationException or ObjectDisposedException)
            {
                // Whatever it was: what was said meanwhile may have been missed, which everybody is told when it is there again.
            }

            lock (_lock)
                _connected = false;
            await Task.Delay(ReconnectAfter, time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private async Task Listen(NpgsqlConnection connection, CancellationToken stop)
    {
        connection.Notification += (_, said) => Say(Read(said.Payload));
        var db = new Database(connection, stop: stop);
        await db[$"listen {Channel}"].Run().ConfigureAwait(false);
        _lastEvent = await db[Writing.Events.SelectLast].First(row => row.Long()).ConfigureAwait(false);
        lock (_lock)
            _connected = true;
        Say(Everything);
        while (true)
        {
            if (!await connection.WaitAsync(LookEvery, stop).ConfigureAwait(false))
                await Look(db).ConfigureAwait(false);
        }
    }

    private async Task Look(Database db)
    {
        var (last, notes) = await db["select (select value from marks where name = 'events'), exists (select 1 from notes where done_at is null)"]
            .First(row => (row.Long(), row.Bool())).ConfigureAwait(false);
        if (last != _lastEvent)
            Say(new StoreSignal(StoreSignal.Events, 0));
        _lastEvent = last;
        if (notes)
            Say(new StoreSignal(StoreSignal.Notes, 0));
    }

    private void Say(StoreSignal signal)
    {
        lock (_lock)
        {
            foreach (var ear in _ears)
                ear.Hear(signal);
        }
    }

    private static StoreSignal Read(string payload)
    {
        var colon = payload.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(payload.AsSpan(0, colon), CultureInfo.InvariantCulture, out var subject)
            ? new StoreSignal(Texts.Read(payload[(colon + 1)..]), subject)
            : Everything;
    }

    /// <summary>One who listens. What waits to be heard waits once.</summary>
    private sealed class Ear
    {
        private readonly Channel<StoreSignal> _signals = System.Threading.Channels.Channel.CreateUnbounded<StoreSignal>(new UnboundedChannelOptions { SingleReader = true });
        private readonly ConcurrentDictionary<StoreSignal, bool> _waiting = new();

        public void Hear(StoreSignal signal)
        {
            if (_waiting.TryAdd(signal, true))
                _signals.Writer.TryWrite(signal);
        }

        public void Close() => _signals.Writer.TryComplete();

        public async IAsyncEnumerable<StoreSignal> Heard([EnumeratorCancellation] CancellationToken stop)
        {
            await foreach (var signal in _signals.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                _waiting.TryRemove(signal, out _);
                yield return signal;
            }
        }
    }
}
