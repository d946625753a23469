using System.Collections.Concurrent;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;

namespace Switchyard.Executors.Tests;

/// <summary>A directory of its own, an executor on it, and what it has reported so far.</summary>
public abstract class Bed(string? directory) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<ExecutorSignal> _heard = new();
    private readonly ConcurrentQueue<string> _said = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private System.Threading.Channels.ChannelWriter<AttemptExited>? _tap;
    private Task _listening = Task.CompletedTask;

    public string Directory { get; } = directory ?? System.IO.Directory.CreateTempSubdirectory("yard-test-").FullName;

    /// <summary>The executor that is open.</summary>
    public abstract IExecutor Executor { get; }

    /// <summary>Its logs.</summary>
    public abstract IAttemptLogs Logs { get; }

    /// <summary>Where its attempts' files are.</summary>
    public abstract NodeFiles Files { get; }

    public IReadOnlyCollection<ExecutorSignal> Heard => _heard;

    public async Task Open()
    {
        Renew(_said.Enqueue);
        await Executor.Open(TestContext.Current.CancellationToken);
        _listening = Task.Run(Listen);
        await Wait<ExecutorSync>(_ => true);
    }

    /// <summary>Drops this server's side and opens another one on the same directory, as after a crash.</summary>
    public async Task Reopen()
    {
        await Executor.DisposeAsync();
        await _listening;
        _heard.Clear();
        await Open();
    }

    /// <summary>Waits until something was reported that fits.</summary>
    public async Task<T> Wait<T>(Func<T, bool> fits, TimeSpan? patience = null) where T : ExecutorSignal
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            if (_heard.OfType<T>().FirstOrDefault(fits) is { } found) return found;
            try
            {
                await news.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"no {typeof(T).Name}; heard: {string.Join("; ", _heard.TakeLast(20))}; said: {string.Join("; ", _said)}{Circumstances}");
            }
        }
    }

    public Task<AttemptExited> Exit(long id) => Wait<AttemptExited>(e => e.AttemptId == id);

    /// <summary>Starts an attempt without waiting.</summary>
    public ValueTask Start(params StartOrder[] orders) => Executor.Start(orders, TestContext.Current.CancellationToken);

    /// <summary>Runs an attempt to its end.</summary>
    public async Task<AttemptExited> Run(StartOrder order)
    {
        await Start(order);
        var refused = Wait<AttemptRefused>(r => r.AttemptId == order.AttemptId);
        var exited = Exit(order.AttemptId);
        if (await Task.WhenAny(refused, exited) == refused) Assert.Fail((await refused).Reason);
        return await exited;
    }

    /// <summary>The next so many exits from now on.</summary>
    public IAsyncEnumerable<AttemptExited> Exits(int count)
    {
        // At once, not when somebody begins to enumerate.
        var channel = System.Threading.Channels.Channel.CreateUnbounded<AttemptExited>();
        _tap = channel.Writer;
        return Take();

        async IAsyncEnumerable<AttemptExited> Take()
        {
            for (; count > 0; count--) yield return await channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
    }

    public void Clear() => _heard.Clear();

    /// <summary>Waits until something holds, so many times as long as for a report.</summary>
    public static async Task Until(Func<bool> holds, int times = 1)
    {
        using var limit = new CancellationTokenSource(times * Patience);
        while (!holds()) await Task.Delay(20, limit.Token);
    }

    /// <summary>The whole log as text.</summary>
    public string Log(long id)
    {
        var slice = Logs.Read(id, 0, 64 * 1024 * 1024);
        return System.Text.Encoding.UTF8.GetString(slice.Bytes.Span);
    }

    /// <summary>An order for a shell line; the shell is the task itself.</summary>
    public static StartOrder Shell(long id, string line, string? directory = "/") => Order(id, ["/bin/sh", "-c", line], directory);

    public static StartOrder Order(long id, string[] arguments, string? directory = "/") =>
        new(id, arguments, [new("PATH", "/usr/local/bin:/usr/bin:/bin")], directory, [], []);

    /// <summary>Ids of living processes whose arguments contain a text.</summary>
    public static List<int> Alive(string text)
    {
        var found = new List<int>();
        foreach (var path in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), out var pid) || pid == Environment.ProcessId) continue;
            try
            {
                if (File.ReadAllText($"{path}/cmdline").Replace('\0', ' ').Contains(text, StringComparison.Ordinal)) found.Add(pid);
            }
            catch (IOException)
            {
            }
        }
        return found;
    }

    public static void Kill(int pid) => Assert.Equal(0, Process.Spawning.Libc.kill(pid, 9));

    /// <summary>What else tells why a report did not come.</summary>
    protected virtual string Circumstances => "";

    /// <summary>Makes another executor on the same directory.</summary>
    protected abstract void Renew(Action<string> say);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Executor.DisposeAsync();
        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (IOException)
        {
        }
    }

    private async Task Listen()
    {
        await foreach (var signal in Executor.Reports.ReadAllAsync())
        {
            _heard.Enqueue(signal);
            if (signal is AttemptExited exited) _tap?.TryWrite(exited);
            if (signal is AttemptRefused refused) _tap?.TryComplete(new InvalidOperationException(refused.Reason));
            Interlocked.Exchange(ref _news, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
