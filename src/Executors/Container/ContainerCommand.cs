using System.Globalization;
using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;

namespace Switchyard.Executors.Container;

/// <summary>The command that runs an attempt in a container: words for the runtime's client, none of them put together from others by a shell.</summary>
internal sealed class ContainerCommand(ContainerRuntime runtime, StartOrder order, ContainerOrder container, string nodeId, string directory)
{
    private const string EnvironmentFile = ".container.env";

    /// <summary>Longer lines are more than the runtimes read from a file.</summary>
    private const int LongestLine = 60_000;

    /// <summary>Where the client has the password for the registry. No container gets it.</summary>
    private const string PasswordVariable = "YARD_REGISTRY_PASSWORD";

    /// <summary>Where it is signed in meanwhile, in the attempt's directory: gone before the container begins.</summary>
    private const string LoginDirectory = ".container.login";

    /// <summary>
    /// Runs on the node: copies in, pulls or makes what is not there, runs. Its arguments: how many words the runtime's command
    /// has, image, a file with credentials, what to copy and how much at the most; what the image is made from, by which script, under which
    /// name and lock, and how many options that takes; when to pull, and as whom at which registry; then the runtime's command, these options, and the words of run.
    /// </summary>
    private const string Client =
        """
        count=$1 image=$2 auth=$3 from=$4 most=$5 base=$6 script=$7 made=$8 lock=$9 more=${10} pull=${11} registry=${12} user=${13} password=${YARD_REGISTRY_PASSWORD-}
        shift 13
        unset YARD_REGISTRY_PASSWORD
        tool=("${@:1:count}") options=("${@:count+1:more}") run=("${@:count+more+1}")
        there() { "${tool[@]}" image inspect -- "$image" >/dev/null 2>&1; }
        make() {
            mkdir -p "${lock%/*}" && exec 9>>"$lock" && flock 9 || fail "cannot lock $lock"
            if ! there; then
                echo "Making the environment from the image $base ..."
                "${tool[@]}" rm --force -- "$made" >/dev/null 2>&1 9>&-
                "${tool[@]}" run --name "$made" "${options[@]}" --entrypoint /bin/sh -- "$base" -c 'if command -v bash >/dev/null 2>&1; then exec bash -c "$1"; else exec sh -c "$1"; fi' sh "$script" 9>&- ||
                    fail "the setup script ended with code $?; what it wrote stands above. Nothing of it was kept"
                "${tool[@]}" commit "$made" "$image" >/dev/null 9>&- || fail "what the setup script made cannot be kept"
                "${tool[@]}" rm --force -- "$made" >/dev/null 2>&1 9>&-
            fi
            exec 9>&-
        }
        fetch() (
            if [[ -n $auth ]]; then
                { read -r registry && read -r user && { read -r password || [[ -n $password ]]; }; } <"$auth" || fail "$auth does not hold a registry, a user and a password, a line each"
            fi
            if [[ -n $registry ]]; then
                [[ -n $password ]] || fail "there is no password for $registry: its secret is not there, or the owner of the job may not read it"
                export REGISTRY_AUTH_FILE=$PWD/.container.login/auth.json DOCKER_CONFIG=$PWD/.container.login
                trap 'rm -rf "$DOCKER_CONFIG"' EXIT
                mkdir -m 700 "$DOCKER_CONFIG"
                printf %s "$password" | "${tool[@]}" login --username "$user" --password-stdin -- "$registry" >/dev/null || fail "cannot sign in to $registry as $user"
            fi
            "${tool[@]}" pull -- "$image" || fail "Can not pull Docker image $image"
        )
        fail() { echo "[ERROR] $1" >&2; exit 1; }
        if [[ -n $from ]]; then
            [[ -e $from ]] || fail "code directory $from does not exist"
            [[ $(du -sb -- "$from" | cut -f1) -le $most ]] || fail "code directory $from is larger than $most bytes"
            if [[ -d $from ]]; then cp -r -- "$from/." .; else cp -- "$from" .; fi || exit 1
        fi
        if [[ $pull != Always ]] && there; then
            :
        elif [[ -n $base ]]; then
            make
        elif [[ $pull == Never ]]; then
            fail "the image $image is not on this machine, and the task does not let it be pulled"
        else
            fetch || exit 1
        fi
        unset password
        # The polite signal comes to the whole session: the client passes it on, and this shell waits for the client.
        trap : TERM
        "${tool[@]}" "${run[@]}"
        """;

    /// <summary>
    /// The first process in the container. The system takes no signal to it for granted, so that it passes the polite
    /// one on to all the others, and it ends as the command ends.
    /// </summary>
    private const string First =
        """
        trap 'kill -TERM -1 2>/dev/null' TERM
        "$@" &
        while :; do wait $!; code=$?; kill -0 $! 2>/dev/null || exit $code; done
        """;

    /// <summary>Removes where it was signed in, and a container that may be just ending by itself, at which Podman gives up the first time.</summary>
    private const string Remove = "rm -rf -- \"$1\"; shift; for n in 1 2 3 4; do \"$@\" >/dev/null 2>&1 && exit 0; sleep 0.$n; done; exec \"$@\"";

    /// <summary>The order for the executor of processes.</summary>
    public StartOrder Order()
    {
        var image = container.Container;
        var (lines, words) = Variables();
        var build = image.Build;
        var options = build is null ? [] : BuildOptions(build);
        string[] host = runtime.Host is null ? [] : [$"CONTAINER_HOST={runtime.Host}", $"DOCKER_HOST={runtime.Host}"];
        return new StartOrder(
            order.AttemptId,
            [
                .. container.Launcher, "/bin/bash", "-c", Client, "bash", runtime.Command.Count.ToString(CultureInfo.InvariantCulture), image.Image, image.AuthFile ?? "", image.CopyIn ?? "",
                image.MostCopied.ToString(CultureInfo.InvariantCulture), build?.Base ?? "", build?.Script ?? "", Made, build?.Lock ?? "", options.Count.ToString(CultureInfo.InvariantCulture), image.Pull.ToString(),
                container.Login?.Registry ?? "", container.Login?.User ?? "",
                .. runtime.Command, .. options, .. Run(words),
            ],
            container.Login is { } login ? [.. runtime.Environment, new(PasswordVariable, login.Password)] : runtime.Environment,
            null,
            [.. order.Files, new(EnvironmentFile, lines)],
            order.Secrets)
        {
            // The client's own environment says which runtime it is.
            Shell = order.Shell is { } shell ? shell with { Into = [.. runtime.Command, "exec", "--interactive", "--workdir", directory, Name] } : null,
            Preface = order.Preface,
            Undo = ["/usr/bin/env", .. host, "/bin/bash", "-c", Remove, "bash", $"{directory}/{LoginDirectory}", .. runtime.Command, "rm", .. runtime.ForceOptions, "--", Name, .. build is null ? (string[])[] : [Made]],
        };
    }

    /// <summary>What the names of a node's containers begin with.</summary>
    public static string Prefix(string nodeId) => $"yard-{nodeId}-";

    private string Name => $"{Prefix(nodeId)}{order.AttemptId.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The container in which the image is made.</summary>
    private string Made => Name + "-image";

    private List<string> BuildOptions(ImageBuild build)
    {
        List<string> options = ["--network", "host", "--log-driver", "none", "--workdir", build.Directory];
        foreach (var mount in container.Mounts)
            Mount(options, mount.Source, mount.Target, mount.ReadOnly);
        options.AddRange(runtime.RunOptions);
        return options;
    }

    private List<string> Run(IEnumerable<string> variables)
    {
        var (image, limits) = (container.Container, container.Limits);
        List<string> run = ["run", "--rm", "--name", Name, "--log-driver", "none", "--env-file", $"{directory}/{EnvironmentFile}"];
        if (!image.AsImage)
            run.AddRange(["--workdir", order.WorkingDirectory ?? directory]);
        if (image.User is { } user)
            run.AddRange(runtime.UserOptions(user));
        if (image.NoNetwork)
            run.AddRange(["--network", "none"]);
        else if (container.Address is null)
            run.AddRange(["--network", "host"]);
        foreach (var port in image.Network?.Ports ?? [])
            run.AddRange(["--publish", string.Create(CultureInfo.InvariantCulture, $"{container.Address}:{port}:{port}")]);
        foreach (var (name, address) in container.Hosts)
            run.AddRange(["--add-host", $"{name}:{address}"]);
        foreach (var variable in variables)
            run.AddRange(["--env", variable]);
        Mount(run, directory, directory, false);
        foreach (var mount in image.Mounts.Where(mount => Path.Exists(mount.Source)))
            Mount(run, mount.Source, mount.Target, mount.ReadOnly);
        foreach (var mount in container.Mounts)
            Mount(run, mount.Source, mount.Target, mount.ReadOnly);
        if (limits.CpuMillis > 0)
            run.AddRange(["--cpus", (Math.Min(limits.CpuMillis, Environment.ProcessorCount * 1000L) / 1000.0).ToString(CultureInfo.InvariantCulture)]);
        if (limits.MemoryMb > 0)
            run.AddRange(["--memory", $"{limits.MemoryMb.ToString(CultureInfo.InvariantCulture)}m"]);
        if (image.SharedMemoryMb > 0)
            run.AddRange(["--shm-size", $"{image.SharedMemoryMb.ToString(CultureInfo.InvariantCulture)}m"]);
        // A number of GPUs may be configured where there are none.
        if (container.Gpus.Count > 0 && File.Exists("/dev/nvidiactl"))
            run.AddRange(runtime.GpuOptions(container.Gpus));
        run.AddRange(runtime.RunOptions);
        if (!image.AsImage)
            run.AddRange(["--entrypoint", "/bin/sh", "--", image.Image, "-c", First, "sh", .. order.Arguments]);
        else if (order.Arguments is [{ Length: > 0 } entry, ..])
            run.AddRange(["--entrypoint", entry, "--", image.Image, .. order.Arguments.Skip(1)]);
        else
            run.AddRange(["--", image.Image, .. order.Arguments.Skip(1)]);
        return run;
    }

    private static void Mount(List<string> run, string source, string target, bool readOnly) =>
        run.AddRange(["--mount", $"type=bind,{Field("source", source)},{Field("target", target)}{(readOnly ? ",readonly" : "")}"]);

    /// <summary>A field of the comma-separated list that a mount is.</summary>
    private static string Field(string name, string value) => $"\"{name}={value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The task's variables: as the lines of a file, and what no line can hold as words.</summary>
    private (string Lines, List<string> Words) Variables()
    {
        var (lines, words) = (new StringBuilder(), new List<string>());
        // By these the processes in it are known for the attempt's.
        List<KeyValuePair<string, string>> own =
        [
            new("SWITCHYARD_NODE", nodeId), new("SWITCHYARD_ATTEMPT", order.AttemptId.ToString(CultureInfo.InvariantCulture)), new("SWITCHYARD_ATTEMPT_DIR", directory),
        ];
        foreach (var (name, value) in order.Environment.Concat(order.SharedEnvironment).Concat(own))
        {
            var line = $"{name}={value}";
            if (line.AsSpan().IndexOfAny('\n', '\r') >= 0 || line.Length > LongestLine || char.IsWhiteSpace(line[0]) || line[0] == '#')
                words.Add(line);
            else
                lines.Append(line).Append('\n');
        }

        return (lines.ToString(), words);
    }
}
