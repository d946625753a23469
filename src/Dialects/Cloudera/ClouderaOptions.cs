namespace Switchyard.Dialects.Cloudera;

/// <summary>What the Cloudera dialect needs to know about its installation.</summary>
public sealed record ClouderaOptions
{
    /// <summary>The address that tasks are told to reach this server at.</summary>
    public required string Url { get; init; }

    /// <summary>The address of the machine the tasks run on.</summary>
    public string HostAddress { get; init; } = "127.0.0.1";

    /// <summary>The PATH that tasks get; programs that run scripts are looked for there.</summary>
    public string Path { get; init; } = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>The Python that runs scripts.</summary>
    public required Func<string> Python { get; init; }

    /// <summary>The name of the secret that is a user's API key, for tasks of that user's; null where there is none.</summary>
    public Func<long, CancellationToken, Task<string?>> KeySecret { get; init; } = (_, _) => Task.FromResult<string?>(null);

    /// <summary>Variables of all jobs of all projects.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The file of a program that tasks find, or null.</summary>
    public string? Find(string program) => Path.Split(':').Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
