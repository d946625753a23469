using Switchyard.Core.Text;

namespace Switchyard.Dialects.Orchest;

/// <summary>What the dialect is told of the installation.</summary>
public sealed record OrchestOptions
{
    /// <summary>The directory that steps see as <c>/data</c>: shared by all runs of all projects.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where environments are built, each named by what it was built from.</summary>
    public required string EnvironmentsDirectory { get; init; }

    /// <summary>The file of the webhooks.</summary>
    public required string SubscribersFile { get; init; }

    /// <summary>Seals a secret to the number of what it belongs to.</summary>
    public required Func<long, string, Result<string>> Seal { get; init; }

    /// <summary>Opens a sealed secret.</summary>
    public required Func<long, string, Result<string>> Open { get; init; }

    /// <summary>Where each run has a directory of its own, named by its id.</summary>
    public required string RunsDirectory { get; init; }

    /// <summary>Gives an image a name that goes on to mean what it is now; null where no containers can be run.</summary>
    public Func<string, CancellationToken, Task<Result<string>>>? PinImage { get; init; }

    /// <summary>Runs that one batch may have.</summary>
    public required int MaxRuns { get; init; }
}
