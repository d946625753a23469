using System.Text.Json;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Orchest.Webhooks;

/// <summary>What somebody wants to be told of: an event, of all projects, of one, or of one job.</summary>
internal sealed record Subscription(string Event, string? Project, string? Job);

/// <summary>A webhook with what it is told of.</summary>
internal sealed record Subscriber
{
    public required string Uuid { get; init; }
    public required string Name { get; init; }
    public required string Url { get; init; }
    public bool VerifyTls { get; init; } = true;
    public required string ContentType { get; init; }

    /// <summary>Sealed; never shown.</summary>
    public required string Secret { get; init; }

    /// <summary>Whose it is. It is told of that user's jobs and their teams', or of all where <see cref="All"/> is set: an administrator's.</summary>
    public required long OwnerId { get; init; }
    public bool All { get; init; }
    public required IReadOnlyList<Subscription> Subscriptions { get; init; }

    /// <summary>What the secret is sealed to.</summary>
    public long Number => BitConverter.ToInt64(Guid.Parse(Uuid).ToByteArray(), 0);

    /// <summary>Whether it is told of an event about what belongs to some users.</summary>
    public bool Wants(string kind, IReadOnlyList<long> owners, string project, string job) =>
        (All || owners.Contains(OwnerId)) && Subscriptions.Any(one => one.Event == kind && (one.Project is null || one.Project == project) && (one.Job is null || one.Job == job));

    public bool IsSeenBy(Caller caller) => caller.MayUse(OwnerId);
}

/// <summary>The webhooks of the installation, in one file that is replaced as a whole.</summary>
internal sealed class Subscribers(string file)
{
    private const int Most = 1000;

    private readonly Lock _gate = new();
    private IReadOnlyList<Subscriber>? _all;

    public IReadOnlyList<Subscriber> All
    {
        get
        {
            lock (_gate)
                return _all ??= File.Exists(file) ? JsonSerializer.Deserialize<List<Subscriber>>(File.ReadAllText(file))! : [];
        }
    }

    /// <summary>Adds one, or replaces the one of its UUID.</summary>
    public Refusal? Put(Subscriber subscriber)
    {
        lock (_gate)
        {
            var others = All.Where(one => one.Uuid != subscriber.Uuid).ToList();
            if (others.Count >= Most)
                return new Refusal(RefusalCode.Exhausted, $"There are {Most} webhooks, which is the most; delete some first.");
            Keep([.. others, subscriber]);
            return null;
        }
    }

    public bool Remove(string uuid)
    {
        lock (_gate)
        {
            var others = All.Where(one => one.Uuid != uuid).ToList();
            if (others.Count == All.Count)
                return false;
            Keep(others);
            return true;
        }
    }

    private void Keep(IReadOnlyList<Subscriber> all)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(file + ".new", options))
        {
            JsonSerializer.Serialize(stream, all);
            stream.Flush(true);
        }

        File.Move(file + ".new", file, true);
        _all = all;
    }
}
