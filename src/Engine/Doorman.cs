using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Starts jobs when files arrive in their directories. The system says when something changes there; a slow look beside that
/// finds what it did not say. What was seen is kept, and so is the intent to start a run before it is made, under a token of its
/// own: whatever arrives while no server runs starts one run at the next start, and none is started twice.
/// </summary>
internal sealed partial class Doorman(IStore store, Firing firing, ILogger log) : ILoop, IDisposable
{
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at a directory in which much happens.</summary>
    private static readonly TimeSpan LeastApart = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentQueue<long> _changed = new();
    private readonly ConcurrentDictionary<long, bool> _stirred = new();
    private readonly Dictionary<long, Door> _doors = [];
    private bool _begun;

    public string Name => "Doorman";

    public Wake Wake { get; } = new();

    /// <summary>A job's trigger may have changed.</summary>
    public void JobChanged(long jobId)
    {
        _changed.Enqueue(jobId);
        Wake.Set();
    }

    /// <summary>Takes the files that are there now as not new. Nothing for other jobs.</summary>
    public async Task Begin(Job job, CancellationToken stop)
    {
        if (job is { Trigger: Trigger.FileArrival trigger, Paused: false })
            await store.ArrivalsPut(job.Id, Arrivals.First(trigger.Directory, FileListing.Of(trigger.Directory) ?? []), stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        if (!_begun)
        {
            foreach (var id in await store.ArrivalsJobs(stop).ConfigureAwait(false))
                await Meet(id, stop).ConfigureAwait(false);
            _begun = true;
        }

        while (_changed.TryPeek(out var id))
        {
            await Meet(id, stop).ConfigureAwait(false);
            _changed.TryDequeue(out _);
        }

        foreach (var (id, door) in _doors.ToList())
        {
            if (_stirred.TryRemove(id, out _))
                door.Next = Earlier(door.Next, Later(now, door.LookedAt + LeastApart));
            if (door.Next <= now)
                await Look(id, door, now, stop).ConfigureAwait(false);
        }

        return _doors.Count == 0 ? null : _doors.Values.Min(door => door.Next);
    }

    public void Dispose()
    {
        foreach (var door in _doors.Values)
            door.Watcher?.Dispose();
    }

    /// <summary>Takes up or gives up a job, as it is now.</summary>
    private async Task Meet(long id, CancellationToken stop)
    {
        if (_doors.Remove(id, out var before))
            before.Watcher?.Dispose();
        var job = await store.JobGet(id, stop).ConfigureAwait(false);
        if (job is { Trigger: Trigger.FileArrival trigger, Paused: false })
            _doors[id] = new Door(trigger);
        else if (job is null ? before is not null : !_begun)
            await store.ArrivalsPut(id, null, stop).ConfigureAwait(false);
    }

    private async Task Look(long id, Door door, DateTimeOffset now, CancellationToken stop)
    {
        (door.LookedAt, door.Next) = (now, now + SlowLook);
        // Watched before it is looked at: what comes in between is seen by one of the two.
        door.Watcher ??= Watch(id, door.Trigger.Directory);
        if (await Task.Run(() => FileListing.Of(door.Trigger.Directory), stop).ConfigureAwait(false) is not { } files)
        {
            // It is not there, or not all of it can be known: nothing is new, and nothing is forgotten.
            door.Watcher?.Dispose();
            door.Watcher = null;
            return;
        }

        if (await store.ArrivalsGet(id, stop).ConfigureAwait(false) is not { } seen || seen.Directory != door.Trigger.Directory)
        {
            await store.ArrivalsPut(id, Arrivals.First(door.Trigger.Directory, files), stop).ConfigureAwait(false);
            return;
        }

        DateTimeOffset? again = null;
        var next = seen;
        if (seen.Firing is null)
            (next, again) = seen.Look(door.Trigger, files, now);
        if (next != seen)
            await store.ArrivalsPut(id, next, stop).ConfigureAwait(false);
        if (next.Firing is not null)
            again = await Fire(id, next, stop).ConfigureAwait(false) ? now : now + SlowLook;
        door.Next = Earlier(door.Next, again);
    }

    private async Task<bool> Fire(long id, Arrivals seen, CancellationToken stop)
    {
        var at = seen.FiredAt!.Value;
        if (await store.JobGet(id, stop).ConfigureAwait(false) is { } job && (await firing.Fire([new Due(job, at, $"files:{id}:{at.ToUnixTimeMilliseconds()}")], stop).ConfigureAwait(false)).Count > 0)
            return false;
        await store.ArrivalsPut(id, seen.Fired(), stop).ConfigureAwait(false);
        return true;
    }

    private FileSystemWatcher? Watch(long id, string directory)
    {
        void Stir()
        {
            _stirred[id] = true;
            Wake.Set();
        }

        try
        {
            var watcher = new FileSystemWatcher(directory) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size | NotifyFilters.LastWrite };
            watcher.Created += (_, _) => Stir();
            watcher.Changed += (_, _) => Stir();
            watcher.Renamed += (_, _) => Stir();
            watcher.Deleted += (_, _) => Stir();
            watcher.Error += (_, _) => Stir();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception problem) when (problem is IOException or ArgumentException or UnauthorizedAccessException)
        {
            NotWatched(log, id, directory, problem.Message);
            return null;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other < one ? other.Value : one;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => other > one ? other : one;

    [LoggerMessage(1, LogLevel.Warning, "the directory {Directory} of job {Job} is not watched and looked at once a minute: {Why}")]
    private static partial void NotWatched(ILogger log, long job, string directory, string why);

    /// <summary>A directory that is watched for a job.</summary>
    private sealed class Door(Trigger.FileArrival trigger)
    {
        public Trigger.FileArrival Trigger { get; } = trigger;
        public FileSystemWatcher? Watcher { get; set; }
        public DateTimeOffset LookedAt { get; set; }
        public DateTimeOffset Next { get; set; }
    }
}
