using Switchyard.Core.Plans;

namespace Switchyard.Dialects.OpenPai;

/// <summary>Which of two to follow where the published document and the real server (v0.12) differ.</summary>
public enum Compatibility
{
    /// <summary>The document's statuses, codes and texts.</summary>
    Document,

    /// <summary>What the server sent.</summary>
    Server,
}

/// <summary>What the OpenPAI dialect needs to know about its installation.</summary>
public sealed record OpenPaiOptions
{
    public Compatibility Compatibility { get; init; } = Compatibility.Document;

    /// <summary>Whether job lists, states and virtual clusters are shown to anybody.</summary>
    public bool AnonymousRead { get; init; }

    /// <summary>What all virtual clusters share.</summary>
    public required Resources Capacity { get; init; }

    /// <summary>Absolute directory that <c>$PAI_DEFAULT_FS_URI</c> and <c>hdfs://</c> addresses name.</summary>
    public required string StorageRoot { get; init; }

    /// <summary>Bytes a file of an old cluster may have when it is imported.</summary>
    public int MaxImport { get; init; } = 10 * 1024 * 1024;

    /// <summary>How long ended runs are kept; zero for ever.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary>Bytes a file that is uploaded into the store may have.</summary>
    public long MaxUploadBytes { get; init; } = 16L << 30;

    /// <summary>The address of the machine the tasks run on.</summary>
    public string HostAddress { get; init; } = "127.0.0.1";

    /// <summary>The PATH that tasks get.</summary>
    public string Path { get; init; } = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>Bytes that arguments and environment of one program may have together on this system.</summary>
    public long ProgramBytes { get; init; } = 2_000_000;

    /// <summary>Whether tasks run in the images of their jobs, or as processes of the node.</summary>
    public bool InImages { get; init; }

    /// <summary>Whether people can log in to running tasks.</summary>
    public bool Ssh { get; init; }

    /// <summary>How long a job's resources may take to be had.</summary>
    public TimeSpan GangTimeout { get; init; } = TimeSpan.FromSeconds(1100);

    /// <summary>How long a job waits before it asks again for resources that were not to be had.</summary>
    public TimeSpan ResourceRetry { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>How long a job waits before it is tried again after any other end.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);
}
