package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// nginx serves the files of dir on loopback, as the yardstick of the same run.
type nginx struct {
	base string
	cmd  *exec.Cmd
}

const nginxConf = `
daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx-error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  server { listen %[2]s; root %[1]s; default_type text/html; }
}`

// startNginx returns nil and an error where no nginx is installed.
func startNginx(ctx context.Context, dir string) (*nginx, error) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, fmt.Errorf("nginx is not installed (apt-get install nginx-light): %w", err)
		}
	}
	listen := freePort()
	conf := filepath.Join(dir, "nginx.conf")
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	if err := os.WriteFile(conf, []byte(user+fmt.Sprintf(nginxConf, dir, listen)), 0o644); err != nil {
		return nil, err
	}
	n := &nginx{base: "http://" + listen, cmd: exec.CommandContext(ctx, binary, "-c", conf, "-p", dir)}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	time.Sleep(300 * time.Millisecond)
	return n, nil
}

func (n *nginx) stop() {
	_ = n.cmd.Process.Signal(os.Interrupt)
	_ = n.cmd.Wait()
}
